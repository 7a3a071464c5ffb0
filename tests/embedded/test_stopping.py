"""Stop signals: none is lost, none comes in the wrong moment, and cleaning up is not cut short."""

import os
import signal

import pytest

from ledgerlou.embedded.stopping import STOP_SIGNALS, StopRequested, stopping_in_order, undisturbed
from ledgerlou.embedded.supervisor import Supervisor


def ask_to_stop(number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_first_signal_stops_and_later_ones_do_not_cut_cleaning_up_short(number: signal.Signals) -> None:
    done = []

    def work() -> None:
        try:
            ask_to_stop(number)
            done.append("went on")
        finally:
            for each in STOP_SIGNALS:
                ask_to_stop(each)
            done.append("cleaned up")

    with pytest.raises(StopRequested, match=number.name), stopping_in_order():
        work()

    assert done == ["cleaned up"]


def test_signal_waits_until_a_block_is_done() -> None:
    done = []

    def work() -> None:
        with undisturbed():
            ask_to_stop()
            done.append("number of the program noted")
        done.append("went on")

    with pytest.raises(StopRequested), stopping_in_order():
        work()

    assert done == ["number of the program noted"]


def test_signal_whose_exception_was_lost_still_stops_the_watch() -> None:
    class Odd:
        def __del__(self) -> None:
            try:
                ask_to_stop()
            except StopRequested:
                """What Python does with an exception raised here: it is printed and dropped."""

    def work() -> None:
        Odd()
        Supervisor().watch()

    with pytest.raises(StopRequested), stopping_in_order():
        work()


def test_handlers_of_others_are_put_back() -> None:
    before = [signal.getsignal(number) for number in STOP_SIGNALS]

    with pytest.raises(StopRequested), stopping_in_order():
        ask_to_stop()

    assert [signal.getsignal(number) for number in STOP_SIGNALS] == before
