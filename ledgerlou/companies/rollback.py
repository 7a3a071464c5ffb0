"""Undo what a transaction cannot: files written before their rows are removed when the transaction does not commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Undo:
    """What to do if the surrounding work is not kept. `kept` is set by whoever knows that it was."""

    steps: list[Callable[[], object]] = field(default_factory=list)
    kept: bool = True


_current: ContextVar[_Undo | None] = ContextVar("ledgerlou_undo", default=None)


def after_rollback(step: Callable[[], object]) -> None:
    """Call `step` if the running work is rolled back (dry run, refusal, fault). Outside of such work it is forgotten at once."""
    undo = _current.get()
    if undo is not None:
        undo.steps.append(step)


@contextmanager
def undoing_after_rollback() -> Iterator[_Undo]:
    """Work whose registered steps run, last first, when it raises or when `kept` was set to False."""
    undo = _Undo()
    token = _current.set(undo)
    finished = False
    try:
        yield undo
        finished = True
    finally:
        _current.reset(token)
        if not (finished and undo.kept):
            for step in reversed(undo.steps):
                step()
