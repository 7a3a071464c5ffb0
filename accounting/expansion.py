"""From the lines a person writes to the events the ledger keeps: balance, pairing, tax. Pure: no query and no clock.

The rules are RULINGS 11, 13 and 14 of the interface; inside, money is counted in whole cents.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from accounting.drafts import ChartFacts, Draft, DraftLine, TaxCodeFacts, Transfer
from accounting.fx import fx_errors, share_foreign_amount
from accounting.pairing import Codes, Pair, divide_half_up, pair_lines, tax_by_pair
from ledgerlou.errors import InvalidInput, LedgerLouError, raise_together
from ledgerlou.money import ZERO

CARRY_FORWARD_ACCOUNT: Final = "9000"  # Saldenvorträge Sachkonten, the same number in SKR03 and SKR04


class BalanceMismatch(LedgerLouError):
    """The debit lines and the credit lines of a booking do not add up to the same amount."""

    code, title = "BALANCE_MISMATCH", "Debit and credit differ"


class AccountNotFound(LedgerLouError):
    """A booking names an account that the chart does not have."""

    code, title = "ACCOUNT_NOT_FOUND", "Account not found"


class AccountInactive(LedgerLouError):
    """A booking names an account that was switched off."""

    code, title = "ACCOUNT_INACTIVE", "Account switched off"


class InvalidTaxCode(LedgerLouError):
    """A tax code is unknown, switched off, not valid on the date, or used where it cannot work."""

    code, title = "INVALID_TAX_CODE", "Tax code not usable"


def expand(draft: Draft, chart: ChartFacts) -> tuple[Transfer, ...]:
    """Turn a booking into events: lines paired in input order, gross lines split into net and tax, foreign amounts shared.

    Opening balances become one event per row against account 9000. `chart` must hold the accounts of the lines, those of their tax
    codes, and 9000 for opening balances. Events come pair by pair, net before tax, self-assessed tax last; none is zero.

    Raises all that is wrong at once, the first of: BalanceMismatch, AccountNotFound, AccountInactive, InvalidTaxCode, InvalidInput.
    """
    signed_cents = [_signed_cents(line) for line in draft.lines]
    if draft.opening:
        raise_together([*_balance_errors(draft, signed_cents), *_account_errors(draft, chart), *_opening_errors(draft)])
        return _opening_transfers(draft)
    codes = [None if line.tax_code is None else chart.tax_codes.get(line.tax_code.upper()) for line in draft.lines]
    pairs = pair_lines(signed_cents)
    errors = [*_balance_errors(draft, signed_cents), *_account_errors(draft, chart)]
    if any(line.tax_code is not None for line in draft.lines):
        errors += [*_tax_code_errors(draft, chart, codes), *_mixing_errors(draft, chart, codes)]
    errors += _pair_errors(draft, pairs)
    if draft.fx is not None:
        errors += _fx_errors(draft, chart, pairs)
    raise_together(errors)
    transfers = _pair_transfers(draft, codes, pairs, tax_by_pair(signed_cents, codes, pairs))
    transfers += _self_assessed_transfers(draft, codes, signed_cents)
    if draft.fx is not None:
        transfers = share_foreign_amount(fx=draft.fx, transfers=transfers, accounts=chart.accounts)
    return tuple(transfers)


def draft_total(draft: Draft) -> Decimal:
    """What a booking is worth: the sum of its debit lines as sent, in euros."""
    return sum((line.debit for line in draft.lines), ZERO)


def draft_accounts(draft: Draft) -> str:
    """The account numbers of the lines as sent, each once, sorted, joined by commas: with the total, what makes a duplicate."""
    return ",".join(sorted({line.account for line in draft.lines}))


def _signed_cents(line: DraftLine) -> int:
    """The amount of a line in cents: debit positive, credit negative."""
    return int(line.debit.scaleb(2)) or -int(line.credit.scaleb(2))


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _pointer(draft: Draft, index: int, key: str = "account_number") -> str:
    """Where a line stands in the body that was sent."""
    return f"/{'balances' if draft.opening else 'lines'}/{index}/{key}"


# What can be wrong. Each function returns its errors, so that a person sees all of them at once.


def _balance_errors(draft: Draft, signed_cents: Sequence[int]) -> list[LedgerLouError]:
    difference = sum(signed_cents)
    if difference == 0:
        return []
    debit = sum(cents for cents in signed_cents if cents > 0)
    return [
        BalanceMismatch(
            f"Debit {_euros(debit)} and credit {_euros(debit - difference)} differ by {_euros(abs(difference))} euros. Make them equal; "
            "a rounding difference is booked on an account of its own.",
            pointer="/balances" if draft.opening else "/lines",
            debit_total=_euros(debit),
            credit_total=_euros(debit - difference),
            difference=_euros(difference),
        )
    ]


def _account_errors(draft: Draft, chart: ChartFacts) -> list[LedgerLouError]:
    errors: list[LedgerLouError] = []
    for index, line in enumerate(draft.lines):
        account = chart.accounts.get(line.account)
        if account is None or not account.is_active:
            errors += _unusable_account(chart, line.account, _pointer(draft, index))
    if draft.opening:
        errors += _unusable_account(chart, CARRY_FORWARD_ACCOUNT, "")
    return errors


def _unusable_account(chart: ChartFacts, number: str, pointer: str) -> list[LedgerLouError]:
    account = chart.accounts.get(number)
    if account is None:
        return [AccountNotFound(f"The chart has no account {number}. Choose another or add it.", pointer=pointer, account_number=number)]
    if not account.is_active:
        return [AccountInactive(f"Account {number} is switched off. Choose another.", pointer=pointer, account_number=number)]
    return []


def _tax_code_errors(draft: Draft, chart: ChartFacts, codes: Codes) -> list[LedgerLouError]:
    """Unknown, switched off, out of its time, set up without accounts, or self-assessed in a foreign-currency booking."""
    errors: list[LedgerLouError] = []
    for index, (line, code) in enumerate(zip(draft.lines, codes, strict=True)):
        if line.tax_code is None:
            continue
        pointer = _pointer(draft, index, "tax_code")
        if code is None:
            errors.append(InvalidTaxCode(f"There is no tax code {line.tax_code!r}. Choose one from the list.", pointer=pointer))
            continue
        problem = _unusable_because(code, draft)
        if problem is not None:
            errors.append(InvalidTaxCode(f"Tax code {code.code} {problem}", pointer=pointer))
        elif code.rate_percent:
            for account in (code.vat_account, code.self_assess_account):
                if account is not None:
                    errors += _unusable_account(chart, account, pointer)
    return errors


def _unusable_because(code: TaxCodeFacts, draft: Draft) -> str | None:
    """The rest of the sentence "Tax code X ...", or None when the code can be used in this booking."""
    if not code.is_active:
        return "is switched off. Choose another."
    if code.valid_from is not None and draft.booking_date < code.valid_from:
        return f"is valid from {code.valid_from} on. Choose the code for {draft.booking_date}."
    if code.valid_until is not None and draft.booking_date > code.valid_until:
        return f"is valid until {code.valid_until}. Choose the code for {draft.booking_date}."
    if code.rate_percent and code.vat_account == code.self_assess_account:
        return "has no two different tax accounts. Complete the code first."
    if draft.fx is not None and code.self_assess_account is not None:
        return "makes the recipient owe the tax, which a foreign-currency booking cannot do. Book it in euros."
    return None


def _mixing_errors(draft: Draft, chart: ChartFacts, codes: Codes) -> list[LedgerLouError]:
    """Tax written by hand beside tax codes, of 0 % too: the VAT return could not tell which base belongs to which tax (RULINGS 13)."""
    tax_accounts = {account for code in codes if code is not None for account in (code.vat_account, code.self_assess_account)}
    errors: list[LedgerLouError] = []
    for index, line in enumerate(draft.lines):
        account = chart.accounts.get(line.account)
        if line.account in tax_accounts or (account is not None and account.is_tax_account):
            message = (
                f"Account {line.account} takes tax, and other lines have tax codes. Use one way in a booking: "
                "either codes, or tax lines written by hand."
            )
            errors.append(InvalidTaxCode(message, pointer=_pointer(draft, index)))
    return errors


def _pair_errors(draft: Draft, pairs: Sequence[Pair]) -> list[LedgerLouError]:
    """An event needs two different accounts, and tax needs a side without tax code to stand against."""
    errors: list[LedgerLouError] = []
    for pair in pairs:
        debit, credit = draft.lines[pair.debit_line], draft.lines[pair.credit_line]
        later = max(pair.debit_line, pair.credit_line)
        if debit.account == credit.account:
            message = (
                f"Lines {pair.debit_line + 1} and {pair.credit_line + 1} would book account {debit.account} against itself. Lines are "
                "paired in the order sent, first debit with first credit: reorder them, or net the account to one side."
            )
            errors.append(InvalidInput(message, pointer=_pointer(draft, later)))
        if debit.tax_code is not None and credit.tax_code is not None:
            message = (
                f"Lines {pair.debit_line + 1} and {pair.credit_line + 1} are booked against each other and both have a tax code. "
                "Make two bookings over a clearing account."
            )
            errors.append(InvalidTaxCode(message, pointer=_pointer(draft, later, "tax_code")))
    return errors


def _fx_errors(draft: Draft, chart: ChartFacts, pairs: Sequence[Pair]) -> list[LedgerLouError]:
    """The rate must explain the euros of the lines that are not on an exchange gain or loss account (RULINGS 14)."""
    if draft.fx is None:
        return []
    differences = {line.account for line in draft.lines if (facts := chart.accounts.get(line.account)) and facts.is_exchange_difference}
    in_currency = [_signed_cents(line) for line in draft.lines if line.account not in differences]
    debit_cents = sum(cents for cents in in_currency if cents > 0)
    errors = fx_errors(fx=draft.fx, debit_cents=debit_cents, credit_cents=debit_cents - sum(in_currency))
    if pairs and not any(
        differences.isdisjoint((draft.lines[pair.debit_line].account, draft.lines[pair.credit_line].account)) for pair in pairs
    ):
        message = "Every event would touch an exchange gain or loss account, so none can carry the foreign amount. Leave out fx."
        errors.append(InvalidInput(message, pointer="/fx"))
    return errors


def _opening_errors(draft: Draft) -> list[LedgerLouError]:
    errors: list[LedgerLouError] = []
    for index, line in enumerate(draft.lines):
        if line.account == CARRY_FORWARD_ACCOUNT:
            message = f"Account {CARRY_FORWARD_ACCOUNT} is the other side of every opening balance: leave this row out."
            errors.append(InvalidInput(message, pointer=_pointer(draft, index)))
        if line.tax_code is not None:
            message = "An opening balance has no tax code: its tax was declared in the year before. Leave it out."
            errors.append(InvalidTaxCode(message, pointer=_pointer(draft, index, "tax_code")))
    if draft.fx is not None:
        errors.append(InvalidInput("Opening balances are in euros. Leave out fx.", pointer="/fx"))
    return errors


# What becomes of the lines.


def _pair_transfers(draft: Draft, codes: Codes, pairs: Sequence[Pair], tax_by_pair: Sequence[int]) -> list[Transfer]:
    """The events of the pairs: net, then tax on the side of the line that has the code."""
    transfers = []
    for pair, tax in zip(pairs, tax_by_pair, strict=True):
        debit_index, credit_index, gross = pair
        debit, credit = draft.lines[debit_index].account, draft.lines[credit_index].account
        code = codes[debit_index] or codes[credit_index]
        if code is None:
            transfers.append(Transfer(debit=debit, credit=credit, amount=_euros(gross), source_line=min(debit_index, credit_index)))
            continue
        on_debit = codes[debit_index] is not None
        source = debit_index if on_debit else credit_index
        if gross > tax:
            transfers.append(
                Transfer(debit=debit, credit=credit, amount=_euros(gross - tax), source_line=source, tax_code=code.code, tax_role="base")
            )
        if tax and code.vat_account is not None:
            if on_debit:
                debit = code.vat_account
            else:
                credit = code.vat_account
            transfers.append(
                Transfer(debit=debit, credit=credit, amount=_euros(tax), source_line=source, tax_code=code.code, tax_role="tax")
            )
    return transfers


def _self_assessed_transfers(draft: Draft, codes: Codes, signed_cents: Sequence[int]) -> list[Transfer]:
    """Tax that the recipient owes (§ 13b UStG, § 1a UStG): an event of its own over net x rate, turned round on a credit line.

    Where the code has no account for input tax, the tax is cost and stays on the account of the line.
    """
    transfers = []
    for index, code in enumerate(codes):
        if code is None or code.self_assess_account is None:
            continue
        rate, scale = code.rate_percent.as_integer_ratio()
        tax = divide_half_up(abs(signed_cents[index]) * rate, 100 * scale)
        if tax == 0:
            continue
        debit, credit = code.vat_account or draft.lines[index].account, code.self_assess_account
        if signed_cents[index] < 0:
            debit, credit = credit, debit
        transfers.append(
            Transfer(debit=debit, credit=credit, amount=_euros(tax), source_line=index, tax_code=code.code, tax_role="self_assessment")
        )
    return transfers


def _opening_transfers(draft: Draft) -> tuple[Transfer, ...]:
    """One event per row against the carry-forward account, whatever the account (books E5)."""
    return tuple(
        Transfer(
            debit=line.account if line.debit else CARRY_FORWARD_ACCOUNT,
            credit=CARRY_FORWARD_ACCOUNT if line.debit else line.account,
            amount=_euros(abs(_signed_cents(line))),
            source_line=index,
        )
        for index, line in enumerate(draft.lines)
    )
