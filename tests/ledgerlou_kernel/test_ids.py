"""UUID version 7: laid out as RFC 9562 says, unique, and rising even when the clock is not."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from ledgerlou.ids import new_id, new_ids


def _milliseconds(value: uuid.UUID) -> int:
    """The time that a UUIDv7 carries in its first 48 bits."""
    return value.int >> 80


def _rises(values: list[uuid.UUID]) -> bool:
    return all(earlier < later for earlier, later in pairwise(values))


def test_new_id_has_version_variant_and_time_of_rfc_9562() -> None:
    before = time.time_ns() // 1_000_000

    value = new_id()

    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    # An earlier burst within one millisecond may have carried the time a little ahead.
    assert before <= _milliseconds(value) <= time.time_ns() // 1_000_000 + 1_000


def test_new_ids_have_version_and_variant_throughout() -> None:
    assert {(value.version, value.variant) for value in new_ids(1_000)} == {(7, uuid.RFC_4122)}


def test_new_ids_rise_and_are_distinct() -> None:
    values = [*new_ids(10_000), new_id(), *new_ids(10)]

    assert len(set(values)) == 10_011
    assert _rises(values)
    assert [str(value) for value in values] == sorted(str(value) for value in values)


def test_new_ids_makes_as_many_as_asked() -> None:
    assert [len(new_ids(count)) for count in (0, 1, 7)] == [0, 1, 7]


def test_new_ids_rise_when_the_clock_stands_still_or_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [new_id()]

    for seconds_back in (0, 3_600):
        moment = time.time_ns() - seconds_back * 1_000_000_000
        with monkeypatch.context() as patch:
            patch.setattr("ledgerlou.ids.time.time_ns", lambda moment=moment: moment)
            values += [new_id(), *new_ids(1_000)]

    assert _rises(values)


def test_new_ids_do_not_repeat_their_random_bits() -> None:
    values = new_ids(1_000)

    # Within one millisecond the last 62 bits of neighbours differ by a random step, not by one.
    steps = {later.int - earlier.int for earlier, later in pairwise(values)}
    assert len(steps) > 900


def test_new_ids_stay_distinct_and_rise_within_each_of_several_threads() -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        batches = list(pool.map(lambda _: [new_id() for _ in range(500)] + new_ids(500), range(8)))

    assert len({value for batch in batches for value in batch}) == 8_000
    assert all(_rises(batch) for batch in batches)
