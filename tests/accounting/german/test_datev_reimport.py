"""The same batch again: nothing is new, a changed row is reported as changed, whatever changed in it."""

from dataclasses import replace
from uuid import UUID, uuid5

import pytest

from accounting.german.datev_extf import Batch, read_batch
from accounting.german.datev_reimport import Comparison, KnownRow, batch_key, client_key, compare_with_known
from tests.accounting.german.datev_charts import batch_bytes, entry

NAMESPACE = UUID(int=0)
ROWS = (
    {**entry("119,00", "S", "10000", "4400", day="0301"), 11: "RE-1", 14: "Lieferung"},
    {**entry("59,50", "H", "1600", "6815", "9", day="0401"), 14: "Papier"},
    {**entry("59,50", "H", "1600", "6815", "9", day="0401"), 14: "Papier"},
    {**entry("500,00", "S", "1800", "10000", day="0501"), 11: "RE-0", 14: "Zahlung"},
)
GUIDS = ("6F9619FF-8B86-D011-B42D-00C04FC964FF", "7F9619FF-8B86-D011-B42D-00C04FC964FF")


def read(*rows: dict[int, str], header: dict[int, str] | None = None) -> Batch:
    batch = read_batch(batch_bytes(*rows, header=header))
    assert batch.faults == ()
    return batch


def known_of(batch: Batch) -> list[KnownRow]:
    return [
        KnownRow(
            identity=row.identity,
            fingerprint=row.fingerprint,
            features=row.features,
            batch_key=batch_key(batch.header),
            intent_id=uuid5(NAMESPACE, f"{batch_key(batch.header)} {row.line}"),
        )
        for row in batch.rows
    ]


def summary(comparison: Comparison, known: list[KnownRow]) -> dict[str, object]:
    """Lines of the file, and places among the known rows."""
    place = {found.intent_id: number for number, found in enumerate(known)}
    return {
        "new": [row.line for row in comparison.new],
        "unchanged": [(row.line, place[found.intent_id]) for row, found in comparison.unchanged],
        "changed": [(row.line, place[found.intent_id]) for row, found in comparison.changed],
        "gone": [place[found.intent_id] for found in comparison.gone],
    }


def compare(first: Batch, second: Batch) -> dict[str, object]:
    known = known_of(first)
    return summary(compare_with_known(batch=second, known=known), known)


def test_the_same_file_again_adds_nothing() -> None:
    batch = read(*ROWS)

    assert compare(batch, batch) == {"new": [], "unchanged": [(3, 0), (4, 1), (5, 2), (6, 3)], "changed": [], "gone": []}


def test_the_first_import_is_all_new() -> None:
    assert compare_with_known(batch=read(*ROWS), known=[]) == Comparison(new=read(*ROWS).rows, unchanged=(), changed=(), gone=())


def test_rows_in_another_order_with_one_more_above_add_only_that() -> None:
    again = read({**entry("7,00", "S", "1600", "1800"), 14: "Neu"}, *reversed(ROWS))

    assert compare(read(*ROWS), again) == {"new": [3], "unchanged": [(4, 3), (5, 1), (6, 2), (7, 0)], "changed": [], "gone": []}


def test_an_equal_row_once_more_is_a_booking_more() -> None:
    again = read(*ROWS, ROWS[1])

    assert compare(read(*ROWS), again) == {"new": [7], "unchanged": [(3, 0), (4, 1), (5, 2), (6, 3)], "changed": [], "gone": []}


def test_a_row_no_longer_in_the_file_is_gone() -> None:
    assert compare(read(*ROWS), read(*ROWS[:2])) == {"new": [], "unchanged": [(3, 0), (4, 1)], "changed": [], "gone": [2, 3]}


@pytest.mark.parametrize(
    "change",
    [{1: "120,00"}, {2: "H"}, {7: "70000"}, {8: "4300"}, {9: "40"}, {10: "0401"}, {11: "RE-9"}, {14: "Andere Lieferung"}, {118: "1"}],
)
@pytest.mark.parametrize("guid", ["", GUIDS[0]])
def test_a_row_changed_in_any_one_field_is_reported_and_not_new(change: dict[int, str], guid: str) -> None:
    first = ({**ROWS[0], 103: guid}, *ROWS[1:])
    again = ({**ROWS[0], 103: guid, **change}, *ROWS[1:])

    assert compare(read(*first), read(*again)) == {"new": [], "unchanged": [(4, 1), (5, 2), (6, 3)], "changed": [(3, 0)], "gone": []}


@pytest.mark.parametrize("change", [{1: "60,00"}, {2: "S"}, {8: "6300"}, {9: "8"}, {10: "0501"}, {14: "Ordner"}])
def test_one_of_two_equal_rows_without_a_number_changed(change: dict[int, str]) -> None:
    again = (ROWS[0], ROWS[1], {**ROWS[2], **change}, ROWS[3])

    assert compare(read(*ROWS), read(*again)) == {"new": [], "unchanged": [(3, 0), (4, 1), (6, 3)], "changed": [(5, 2)], "gone": []}


def test_a_row_with_another_amount_and_text_is_still_the_row_with_its_number() -> None:
    again = ({**ROWS[0], 1: "238,00", 14: "Ganz anderer Text", 9: "40"}, *ROWS[1:])

    assert compare(read(*ROWS), read(*again))["changed"] == [(3, 0)]


def test_an_overlapping_export_under_another_name_adds_only_what_is_new() -> None:
    longer = read(*ROWS, entry("1,00", "S", "1600", "1800", day="0202"), header={16: "20260228", 17: "Januar und Februar"})
    first = read(*ROWS, header={16: "20260131", 17: "Januar"})

    assert compare(first, longer) == {"new": [7], "unchanged": [(3, 0), (4, 1), (5, 2), (6, 3)], "changed": [], "gone": []}


def test_a_changed_row_is_known_in_an_overlapping_export_too() -> None:
    longer = read({**ROWS[0], 1: "120,00"}, *ROWS[1:], header={17: "Noch einmal"})

    assert compare(read(*ROWS), longer) == {"new": [], "unchanged": [(4, 1), (5, 2), (6, 3)], "changed": [(3, 0)], "gone": []}


def test_rows_of_another_batch_are_never_gone() -> None:
    cash = read(*ROWS[1:3], header={17: "Kasse"})
    bank = read(ROWS[3], header={17: "Bank"})
    known = known_of(cash)

    found = compare_with_known(batch=bank, known=known)

    assert summary(found, known) == {"new": [3], "unchanged": [], "changed": [], "gone": []}


def test_the_next_month_of_the_same_rent_is_new() -> None:
    january = read({**entry("800,00", "S", "6300", "1800", day="0301"), 14: "Miete"}, header={16: "20260131", 17: "Januar"})
    february = read(
        {**entry("800,00", "S", "6300", "1800", day="0302"), 14: "Miete"}, header={15: "20260201", 16: "20260228", 17: "Februar"}
    )

    assert compare(january, february) == {"new": [3], "unchanged": [], "changed": [], "gone": []}


def test_equal_rows_with_two_guids_are_two_bookings() -> None:
    first, second = ({**ROWS[0], 103: guid} for guid in GUIDS)

    assert compare(read(first), read(second)) == {"new": [3], "unchanged": [], "changed": [], "gone": [0]}
    assert compare(read(first), read(first, second)) == {"new": [4], "unchanged": [(3, 0)], "changed": [], "gone": []}


def test_a_row_that_lost_or_got_its_guid_is_the_same() -> None:
    with_guid = {**ROWS[0], 103: GUIDS[0]}

    assert compare(read(with_guid), read(ROWS[0]))["unchanged"] == [(3, 0)]
    assert compare(read(ROWS[0]), read(with_guid))["unchanged"] == [(3, 0)]


def test_a_known_row_is_paired_once() -> None:
    known = known_of(read(ROWS[0]))

    found = compare_with_known(batch=read(ROWS[0], ROWS[0]), known=known)

    assert summary(found, known) == {"new": [4], "unchanged": [(3, 0)], "changed": [], "gone": []}


def test_keys_name_the_client_and_the_batch() -> None:
    header = read(header={16: "20260131", 17: "Januar"}).header

    assert client_key(header) == "1001/1/20260101"
    assert batch_key(header) == "1001/1/20260101/2026-01-01/2026-01-31/Januar"
    assert batch_key(replace(header, created_at=None, lock_flag=True)) == batch_key(header)
