"""What holds for every booking that expansion accepts, whatever its amounts, accounts, codes and order."""

from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounting.drafts import Draft, DraftLine, Transfer
from accounting.expansion import BalanceMismatch, draft_total, expand
from ledgerlou.money import smallest_unit
from tests.accounting.expansion_chart import CHART, booking, cr, dr, fx

TAXED_ACCOUNTS = ("6815", "6820", "6850", "4400", "4300")
CONTRA_ACCOUNTS = ("1800", "1600", "1610", "3300", "1200")
INCLUSIVE_CODES = ("VST19", "VST7", "VST7.8", "UST19", "UST-EXP0", "VST0")
SELF_ASSESSED_CODES = ("VST-IGE19", "VST-IGE0", "VST-13B19-OV")
EURO_CENTS = st.integers(1, 500) | st.integers(1, 10**12)


def _euros(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2))


def _half_up(value: Fraction) -> Decimal:
    """An exact number of euros rounded to the cent, halves up: the rule of RULINGS 13 told a second time."""
    return Decimal(floor(value * 100 + Fraction(1, 2))).scaleb(-2)


@st.composite
def parts(draw: st.DrawFn, total: int, most: int = 6) -> list[int]:
    """A total cut into one to `most` positive whole parts."""
    cuts = draw(st.sets(st.integers(1, total - 1), max_size=min(most, total) - 1)) if total > 1 else set()
    edges = [0, *sorted(cuts), total]
    return [end - start for start, end in pairwise(edges)]


@st.composite
def bookings(draw: st.DrawFn, codes: tuple[str, ...] = INCLUSIVE_CODES + SELF_ASSESSED_CODES) -> Draft:
    """Balanced bookings with the coded lines on one side, either one, and any order of lines."""
    amounts = draw(st.lists(EURO_CENTS, min_size=1, max_size=5))
    on_debit = draw(st.booleans())
    this_side, other_side = (dr, cr) if on_debit else (cr, dr)
    lines = [this_side(draw(st.sampled_from(TAXED_ACCOUNTS)), _euros(cents), draw(st.none() | st.sampled_from(codes))) for cents in amounts]
    lines += [other_side(draw(st.sampled_from(CONTRA_ACCOUNTS)), _euros(cents)) for cents in draw(parts(sum(amounts)))]
    return booking(*draw(st.permutations(lines)))


def _net(transfers: tuple[Transfer, ...] | list[Transfer]) -> dict[str, Decimal]:
    """Debit minus credit per account, accounts at zero left out."""
    net: dict[str, Decimal] = defaultdict(Decimal)
    for transfer in transfers:
        net[transfer.debit] += transfer.amount
        net[transfer.credit] -= transfer.amount
    return {account: amount for account, amount in net.items() if amount}


def _expected_tax(line: DraftLine) -> Decimal:
    """The tax of a line from its own amount alone."""
    if line.tax_code is None:
        return Decimal(0)
    code = CHART.tax_codes[line.tax_code]
    rate = Fraction(code.rate_percent)
    return _half_up(Fraction(line.amount) * rate / (100 if code.self_assess_account else 100 + rate))


def _expected_net(draft: Draft) -> dict[str, Decimal]:
    net: dict[str, Decimal] = defaultdict(Decimal)
    for line in draft.lines:
        sign = 1 if line.debit else -1
        net[line.account] += sign * line.amount
        if line.tax_code is None:
            continue
        code, tax = CHART.tax_codes[line.tax_code], sign * _expected_tax(line)
        if code.self_assess_account:
            net[code.vat_account or line.account] += tax
            net[code.self_assess_account] -= tax
        elif code.vat_account:
            net[line.account] -= tax
            net[code.vat_account] += tax
    return {account: amount for account, amount in net.items() if amount}


@given(draft=bookings())
def test_expand_nets_every_account_to_its_lines_and_tax(draft: Draft) -> None:
    assert _net(expand(draft, CHART)) == _expected_net(draft)


@given(draft=bookings())
def test_expand_writes_positive_cents_between_two_accounts(draft: Draft) -> None:
    for transfer in expand(draft, CHART):
        assert transfer.debit != transfer.credit
        assert transfer.amount > 0
        assert transfer.amount.as_tuple().exponent == -2


@given(draft=bookings())
def test_expand_takes_the_tax_of_each_line_from_its_amount_alone(draft: Draft) -> None:
    tax: Counter[int] = Counter()
    base: Counter[int] = Counter()
    for transfer in expand(draft, CHART):
        if transfer.tax_code is not None:
            (base if transfer.tax_role == "base" else tax)[transfer.source_line] += int(transfer.amount * 100)

    for index, line in enumerate(draft.lines):
        if line.tax_code is None:
            assert index not in tax
            continue
        inside = Decimal(0) if CHART.tax_codes[line.tax_code].self_assess_account else _expected_tax(line)
        assert Decimal(tax[index]) / 100 == _expected_tax(line)
        assert Decimal(base[index]) / 100 == line.amount - inside


@given(draft=bookings(), data=st.data())
def test_expand_gives_the_same_tax_for_any_order_of_the_lines(draft: Draft, data: st.DataObject) -> None:
    shuffled = booking(*data.draw(st.permutations(draft.lines)))

    assert _net(expand(shuffled, CHART)) == _net(expand(draft, CHART))


@given(draft=bookings())
def test_expand_reversed_brings_every_account_to_zero(draft: Draft) -> None:
    transfers = expand(draft, CHART)
    reversal = [
        Transfer(debit=transfer.credit, credit=transfer.debit, amount=transfer.amount, source_line=transfer.source_line)
        for transfer in transfers
    ]

    assert _net([*transfers, *reversal]) == {}


@given(gross=st.integers(1, 10**6), code=st.sampled_from(("VST19", "VST7", "VST7.8")), data=st.data())
def test_expand_shares_tax_by_largest_remainder_over_the_pairs(gross: int, code: str, data: st.DataObject) -> None:
    amounts = data.draw(parts(gross))
    accounts = data.draw(st.permutations(("1800", "1600", "1610", "3300", "1200", "3630")))
    draft = booking(dr("6815", _euros(gross), code), *[cr(accounts[index], _euros(cents)) for index, cents in enumerate(amounts)])

    shares: Counter[str] = Counter()
    for transfer in expand(draft, CHART):
        if transfer.tax_role == "tax":
            shares[transfer.credit] += int(transfer.amount * 100)

    tax = sum(shares.values())
    exact = [Fraction(tax * cents, gross) for cents in amounts]
    got = [shares[accounts[index]] for index in range(len(amounts))]
    rounded_up = [index for index, share in enumerate(got) if share > floor(exact[index])]
    by_fraction = sorted(range(len(amounts)), key=lambda index: (floor(exact[index]) - exact[index], index))
    assert rounded_up == sorted(by_fraction[: len(rounded_up)])
    assert all(share - floor(exact[index]) in (0, 1) for index, share in enumerate(got))


@st.composite
def foreign_bookings(draw: st.DrawFn) -> Draft:
    """Bookings in foreign currency whose rate explains the euros, with an exchange difference on one side now and then."""
    currency = draw(st.sampled_from(("USD", "JPY", "KWD", "CHF")))
    amount = draw(st.integers(1, 10**9)) * smallest_unit(currency)
    rate = draw(st.decimals("0.00000001", "5000", places=8))
    euro_cents = int((100 * amount / rate).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assume(0 < euro_cents <= 10**14)
    difference = draw(st.integers(0, 5000))
    debits = [dr(draw(st.sampled_from(TAXED_ACCOUNTS)), _euros(cents)) for cents in draw(parts(euro_cents))]
    debits += [dr("6880", _euros(difference))] if difference else []
    credits_ = [cr(draw(st.sampled_from(CONTRA_ACCOUNTS)), _euros(cents)) for cents in draw(parts(euro_cents + difference))]
    if difference == 0 and draw(st.booleans()):
        debits[0] = dr(debits[0].account, str(debits[0].debit), "VST19")
    return booking(*debits, *credits_, fx=fx(str(amount), str(rate), currency))


@given(draft=foreign_bookings())
def test_expand_shares_the_whole_foreign_amount_over_the_events_without_difference(draft: Draft) -> None:
    assert draft.fx is not None

    transfers = expand(draft, CHART)

    carried = [transfer.fx_amount for transfer in transfers if transfer.fx_amount is not None]
    assert sum(carried) == draft.fx.amount
    assert [share for share in carried if share % smallest_unit(draft.fx.currency)] == []
    assert [t for t in transfers if (t.fx_amount is None) != ("6880" in (t.debit, t.credit))] == []
    euros = sum(transfer.amount for transfer in transfers if transfer.fx_amount is not None)
    for transfer in transfers:
        if transfer.fx_amount is not None:
            exact = Fraction(draft.fx.amount) * Fraction(transfer.amount) / Fraction(euros)
            assert abs(Fraction(transfer.fx_amount) - exact) < Fraction(smallest_unit(draft.fx.currency))


@given(draft=bookings(), cents=st.integers(1, 100))
def test_expand_refuses_the_smallest_difference(draft: Draft, cents: int) -> None:
    unbalanced = booking(*draft.lines, dr("6815", _euros(cents)))

    with pytest.raises(BalanceMismatch) as caught:
        expand(unbalanced, CHART)

    assert caught.value.details["difference"] == Decimal(cents).scaleb(-2)
    assert caught.value.details["debit_total"] == draft_total(unbalanced)


@given(amounts=st.lists(EURO_CENTS, min_size=1, max_size=8), data=st.data())
def test_expand_opening_gives_one_event_per_row(amounts: list[int], data: st.DataObject) -> None:
    lines = [dr(data.draw(st.sampled_from(CONTRA_ACCOUNTS)), _euros(cents)) for cents in amounts]
    lines += [cr("2900", _euros(cents)) for cents in data.draw(parts(sum(amounts)))]
    draft = booking(*data.draw(st.permutations(lines)), opening=True)

    transfers = expand(draft, CHART)

    assert [(t.debit, t.credit, t.amount) for t in transfers] == [
        (line.account, "9000", line.amount) if line.debit else ("9000", line.account, line.amount) for line in draft.lines
    ]
    assert "9000" not in _net(transfers)
