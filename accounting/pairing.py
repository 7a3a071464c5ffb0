"""Who owes whom: the source lines of a booking matched debit against credit, and the tax inside each match, in whole cents."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from accounting.drafts import TaxCodeFacts
from ledgerlou.money import split_by_weight

Codes = Sequence[TaxCodeFacts | None]  # the tax code of each line; None also where it is unknown


class Pair(NamedTuple):
    """A positive amount of cents that a debit line and a credit line have in common. Lines are named by their index."""

    debit_line: int
    credit_line: int
    cents: int


def pair_lines(signed_cents: Sequence[int]) -> list[Pair]:
    """Match the lines greedily in input order: first open debit against first open credit, the smaller amount is used up.

    Debits are positive, credits negative, none is zero. Lines on the same account are not merged (RULINGS 11).
    What one side has too much of stays unmatched; the caller has checked the balance.
    """
    debits = [index for index, cents in enumerate(signed_cents) if cents > 0]
    credits_ = [index for index, cents in enumerate(signed_cents) if cents < 0]
    left = [abs(cents) for cents in signed_cents]
    pairs = []
    debit_at = credit_at = 0
    while debit_at < len(debits) and credit_at < len(credits_):
        debit, credit = debits[debit_at], credits_[credit_at]
        cents = min(left[debit], left[credit])
        pairs.append(Pair(debit, credit, cents))
        left[debit] -= cents
        left[credit] -= cents
        debit_at += left[debit] == 0
        credit_at += left[credit] == 0
    return pairs


def tax_by_pair(signed_cents: Sequence[int], codes: Codes, pairs: Sequence[Pair]) -> list[int]:
    """The tax inside each pair in cents: computed once per line, then shared over the pairs of the line by largest remainder."""
    tax = [0] * len(pairs)
    pairs_of_line: defaultdict[int, list[int]] = defaultdict(list)
    for number, pair in enumerate(pairs):
        pairs_of_line[pair.debit_line].append(number)
        pairs_of_line[pair.credit_line].append(number)
    for index, code in enumerate(codes):
        if code is None or not code.rate_percent or code.self_assess_account is not None:
            continue
        rate, scale = code.rate_percent.as_integer_ratio()
        line_tax = divide_half_up(abs(signed_cents[index]) * rate, 100 * scale + rate)
        numbers = pairs_of_line[index]
        if len(numbers) == 1:
            tax[numbers[0]] = line_tax
        else:
            shares = split_by_weight(line_tax, [Decimal(pairs[number].cents) for number in numbers])
            for number, share in zip(numbers, shares, strict=True):
                tax[number] = share
    return tax


def divide_half_up(numerator: int, denominator: int) -> int:
    """A quotient of whole numbers rounded commercially (DIN 1333), exact at any size. The numerator is not negative."""
    return (2 * numerator + denominator) // (2 * denominator)
