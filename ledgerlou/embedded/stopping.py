"""How a person or the system asks a command of ours to stop, and how long it then takes no further orders."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(KeyboardInterrupt):
    """Ctrl-C, a request to end or a closed terminal."""


@contextmanager
def stopping_in_order() -> Iterator[None]:
    """Turn the first stop signal into `StopRequested` and ignore those after it, so that cleaning up is never cut short."""

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise StopRequested(signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
