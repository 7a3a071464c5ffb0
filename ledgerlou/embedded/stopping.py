"""How a person or the system asks a command of ours to stop, and how long it then takes no further orders."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(KeyboardInterrupt):
    """Ctrl-C, a request to end or a closed terminal."""


@dataclass(kw_only=True)
class _Orders:
    """The stop signal that came, if one did, and whether it has to wait for a moment."""

    asked: signal.Signals | None = None
    on_hold: int = 0


_orders = _Orders()


@contextmanager
def stopping_in_order() -> Iterator[None]:
    """Turn the first stop signal into `StopRequested` and ignore those after it, so that cleaning up is never cut short."""
    _orders.asked = None
    before = {number: signal.signal(number, _take) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _orders.asked = None


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a stop signal wait until the block is done, as between starting a program and knowing its number."""
    _orders.on_hold += 1
    try:
        yield
    finally:
        _orders.on_hold -= 1
    stop_if_asked()


def stop_if_asked() -> None:
    """Raise `StopRequested` when a stop signal came. Loops call it, because an exception raised in an odd moment
    (while Python deletes an object, for one) is printed and lost.
    """
    if _orders.asked is not None and not _orders.on_hold:
        _act(_orders.asked)


def _take(number: int, _frame: FrameType | None) -> None:
    _orders.asked = signal.Signals(number)
    stop_if_asked()


def _act(number: signal.Signals) -> NoReturn:
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise StopRequested(number.name)
