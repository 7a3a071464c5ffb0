"""Whatever the bytes are: a batch comes out, or a refusal with a reason; never anything else, and never a booking out of balance."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.german.datev_extf import read_batch
from accounting.german.datev_header import DatevFileRefused
from accounting.german.datev_plan import plan_batch
from tests.accounting.german.datev_charts import SKR04, batch_bytes, entry

VALID = batch_bytes(
    entry("119,00", "S", "10000", "4400", f11="RE-1"),
    entry("116,62", "S", "1800", "10000", f13="2,38", f11="RE-1"),
    entry("124,00", "S", "10000", "4200", "3", f3="CHF", f4="1,240402", f5="100,00", f6="EUR"),
    entry("1000,00", "S", "1800", "9000", day="0101"),
    entry("100,00", "S", "5900", "70000", "94", f118="1"),
)

cells = st.sampled_from(
    ["", "0", "1", "S", "H", "119,00", "0,01", "-1", "0101", "2902", "4400", "4300", "6815", "10000", "9000", "EUR", "CHF", "G"]
)
rows = st.dictionaries(st.integers(1, 14) | st.sampled_from([40, 41, 42, 114, 115, 117, 118, 119, 125]), cells)
keys = st.integers(0, 110).map(str)


def read_and_plan(data: bytes) -> None:
    with contextlib.suppress(DatevFileRefused):
        batch = read_batch(data)
        plan = plan_batch(batch=batch, chart=SKR04)
        assert len(batch.rows) == sum(len(booking.rows) for booking in plan.bookings) + len(plan.refused)
        assert sum(plan.balances.values()) == 0
        assert all(fault.message for refused in plan.refused for fault in refused.faults)


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, len(VALID)), length=st.integers(0, 40), noise=st.binary(max_size=40))
def test_damaged_bytes_are_read_or_refused(place: int, length: int, noise: bytes) -> None:
    read_and_plan(VALID[:place] + noise + VALID[place + length :])


@settings(max_examples=300, deadline=None)
@given(changes=st.lists(rows, max_size=4), key=keys)
def test_odd_rows_are_booked_or_refused_each_for_itself(changes: list[dict[int, str]], key: str) -> None:
    plain = entry("119,00", "S", "10000", "4200", key)

    read_and_plan(batch_bytes(plain, *({**plain, **change} for change in changes)))


@settings(max_examples=100, deadline=None)
@given(header=st.dictionaries(st.integers(6, 31), cells))
def test_odd_headers_are_read_or_refused(header: dict[int, str]) -> None:
    read_and_plan(batch_bytes(entry("119,00", "S", "10000", "4400"), header=header))
