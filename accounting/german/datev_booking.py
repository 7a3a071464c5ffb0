"""Turns one row of a DATEV booking batch into a booking to come: accounts, sides, tax code, currency, discount. Pure: no query.

A row is one amount from one account to another; DATEV's programs split the tax off themselves when the row has a tax key or touches
an automatic account. Here the same row becomes lines with a tax code, and `accounting.expansion` splits it.
"""

from decimal import Decimal
from typing import Final, NoReturn

from accounting.drafts import Draft, DraftLine, Metadata
from accounting.german.datev_chart import CARRY_FORWARD_NUMBERS, DatevChart, is_personal, number_in_chart
from accounting.german.datev_currency import RowMoney, UnclearMoney, row_money
from accounting.german.datev_header import ANNUAL_ACCOUNTS, BatchHeader
from accounting.german.datev_keys import KeyMeaning, UnclearKey, key_meaning
from accounting.german.datev_rows import BatchRow, parse_short_date
from accounting.german.datev_tax import TaxedAccount, UnclearTax, taxed_account
from ledgerlou.errors import Fault, LedgerLouError

CATEGORY: Final = "datev_import"
MAX_DESCRIPTION: Final = 60  # field 14; the designation in the header may be longer in files that do not keep to the format
UNTAXED: Final = frozenset({"output", "input"})  # what stands for the tax code of an invoice without tax


class DatevRowRefused(LedgerLouError):
    """A readable row of a DATEV batch that cannot be booked as it stands; the faults say all the reasons, with line and field."""

    code, title = "DATEV_ROW_REFUSED", "The DATEV row cannot be booked"


def row_to_draft(*, row: BatchRow, header: BatchHeader, chart: DatevChart, discounted_code: str | None = None) -> Draft:
    """The booking of a row. Its amounts are euros, gross where a line has a tax code.

    - General reversal: with field 118 the row repeats the sides of the booking it takes back, so the draft swaps them. DATEV's program
      copies the wrong row, sets G, and shows a debit as a negative debit (Haufe Finance Office, "Stornobuchungen"; RULINGS 17, books
      D6). With a reversal key (20 and others) the sides in the row are swapped already: in DATEV's sample batch of 2015 line 37 is
      10001 S 8400 and line 38, which takes it back, 10001 H 8400 with key 20. Both ways set `general_reversal`, so month balances
      subtract on the original sides; neither names the booking it takes back, so the draft links to none.
    - Opening balances: a row against 9000, 9008 or 9009 on the first day of the fiscal year becomes an `opening` draft with the one
      line of the other account; expansion puts it against 9000. A set of opening balances is one booking: `datev_plan` joins them.
    - Annual accounts (header field 19 is 2) on the last day of the fiscal year go to period 13.
    - Discount (field 13): the item account gets amount and discount, and the discount goes to an account of its own with the tax
      code of the invoice, `discounted_code` ("output" or "input" for an invoice without tax; None when it is not known).

    Raises DatevRowRefused with everything that is wrong.
    """
    return _RowBooking(row=row, header=header, chart=chart).draft(discounted_code)


class _RowBooking:
    """One row on its way to a booking, collecting what is wrong with it."""

    def __init__(self, *, row: BatchRow, header: BatchHeader, chart: DatevChart) -> None:
        self._row, self._header, self._chart = row, header, chart
        self._faults: list[Fault] = []
        self._account = self._find(7, row.account)
        self._contra = self._find(8, row.contra_account)
        self._meaning = self._key()
        self._money = self._worth()
        if self._faults:
            self._raise()
        if self._account == self._contra:
            self._refuse(8, f"Both sides of the row are account {self._account}. A booking needs two different accounts.")

    def draft(self, discounted_code: str | None) -> Draft:
        if {self._account, self._contra} & set(CARRY_FORWARD_NUMBERS):
            return self._carried_forward()
        taxed = self._taxed()
        if self._row.discount is not None:
            return self._with_discount(self._row.discount, discounted_code, taxed)
        facts = self._chart.tax_code(taxed.code) if taxed is not None else None
        if facts is not None and facts.self_assess_account is not None:
            # A booking in a foreign currency cannot assess tax (RULINGS 13): it is made in euros, with the currency as a remark.
            self._money = self._money.in_euros_only()
        lines = tuple(
            self._line(number, self._money.euros, tax_code=taxed.code if taxed is not None and taxed.number == number else None)
            for number in (self._account, self._contra)
        )
        return self._draft(lines, taxed=taxed)

    # What is wrong.

    def _add(self, field: int, message: str, code: str = "INVALID_INPUT") -> None:
        line = self._row.line
        self._faults.append(Fault(pointer=f"/rows/{line}/{field}", code=code, message=f"Line {line}: {message}"))

    def _raise(self) -> NoReturn:
        raise DatevRowRefused(self._faults[0].message, faults=self._faults, line=self._row.line)

    def _refuse(self, field: int, message: str, code: str = "INVALID_INPUT") -> NoReturn:
        self._add(field, message, code)
        self._raise()

    # The parts of the row.

    def _find(self, field: int, number: str) -> str:
        found = self._chart.find(number=number, header=self._header)
        if found is None or self._chart.account(found) is None:
            kind = "customer or vendor" if is_personal(number=number, header=self._header) else "account"
            self._add(field, f"The chart has no {kind} {number}. Add it, or change the number in the file.", "ACCOUNT_NOT_FOUND")
            return ""
        return found

    def _key(self) -> KeyMeaning:
        try:
            meaning = key_meaning(self._row.bu_key)
        except UnclearKey as unclear:
            self._add(9, str(unclear), "INVALID_TAX_CODE")
            return KeyMeaning()
        if meaning.reverses and self._row.general_reversal:
            self._add(118, f"Key {self._row.bu_key} and field 118 both say general reversal, and mean opposite sides. Keep one of them.")
        return meaning

    def _worth(self) -> RowMoney:
        try:
            return row_money(row=self._row, header=self._header)
        except UnclearMoney as unclear:
            self._add(unclear.field, str(unclear))
            return RowMoney(euros=self._row.amount)

    def _taxed(self) -> TaxedAccount | None:
        try:
            return taxed_account(row=self._row, meaning=self._meaning, accounts=(self._account, self._contra), chart=self._chart)
        except UnclearTax as unclear:
            self._refuse(unclear.field, str(unclear), "INVALID_TAX_CODE")

    def _is_debit(self, number: str) -> bool:
        """The side of an account in the booking; a general reversal by field 118 is the row turned round."""
        account_in_debit = (self._row.side == "S") != self._row.general_reversal
        return account_in_debit == (number == self._account)

    def _line(self, number: str, amount: Decimal, *, tax_code: str | None = None) -> DraftLine:
        if self._is_debit(number):
            return DraftLine(account=number, debit=amount, tax_code=tax_code)
        return DraftLine(account=number, credit=amount, tax_code=tax_code)

    # The kinds of booking.

    def _carried_forward(self) -> Draft:
        """A balance carried forward, never with tax; on the first day of the fiscal year an opening balance."""
        accounts = (self._account, self._contra)
        if self._meaning.tax_key is not None:
            self._refuse(9, f"Balances carried forward have no tax, but the row has key {self._row.bu_key}.", "INVALID_TAX_CODE")
        if self._row.discount is not None:
            self._refuse(13, "Balances carried forward have no discount.")
        if all(number in CARRY_FORWARD_NUMBERS for number in accounts):
            self._refuse(8, f"{self._account} against {self._contra} carries nothing forward: the ledger keeps one such account, 9000.")
        for number in accounts:
            facts = self._chart.account(number)
            if facts is not None and facts.type in ("revenue", "expense"):
                self._refuse(8, f"Account {number} is income or expense, whose balance is not carried forward into a new year.")
        if self._row.document_date != self._header.fiscal_year_start:
            return self._draft(tuple(self._line(number, self._money.euros) for number in accounts))
        self._money = self._money.in_euros_only()  # opening balances are in euros
        return self._draft(
            tuple(self._line(number, self._money.euros) for number in accounts if number not in CARRY_FORWARD_NUMBERS), opening=True
        )

    def _with_discount(self, discount: Decimal, discounted_code: str | None, taxed: TaxedAccount | None) -> Draft:
        """A payment with discount: 116.62 and 2.38 settle 119.00, and the 2.38 correct the tax of the invoice (§ 17 Abs. 1 UStG)."""
        items = [number for number in (self._account, self._contra) if self._chart.is_item_account(number)]
        if len(items) != 1 or taxed is not None:
            self._refuse(13, f"A discount of {discount} stands on a row that is no plain payment of a customer or to a vendor.")
        if self._row.currency != "EUR":
            self._refuse(13, f"A discount of {discount} {self._row.currency} on a payment in a foreign currency is booked by hand.")
        item = items[0]
        other = self._contra if item == self._account else self._account
        account, code = self._discount_account(discount, discounted_code)
        debit = self._is_debit(other)
        lines = (
            self._line(item, self._money.euros + discount),
            self._line(other, self._money.euros),
            DraftLine(account=account, debit=discount, tax_code=code)
            if debit
            else DraftLine(account=account, credit=discount, tax_code=code),
        )
        return self._draft(lines)

    def _discount_account(self, discount: Decimal, discounted_code: str | None) -> tuple[str, str | None]:
        """Where the discount goes and with which tax code: field 125 when given, else what the chart has for the invoice's code."""
        code = None if discounted_code in UNTAXED else discounted_code
        if self._row.discount_account:
            number = self._find(125, self._row.discount_account)
            if not number:
                self._raise()
            automatic = self._chart.automatic_codes.get(number)
            if automatic is not None or discounted_code is not None:
                return number, automatic or code
        if discounted_code is None:
            self._refuse(
                13,
                f"The discount of {discount} corrects the tax of an invoice, but no invoice {self._row.document_field_1!r} with one tax "
                "code is known. Import the invoice first, or book the payment by hand.",
            )
        found = self._chart.discount_accounts.get(discounted_code)
        if found is None:
            self._refuse(13, f"The chart names no account for discounts on {discounted_code}.", "ACCOUNT_NOT_FOUND")
        return found, code

    # The booking.

    def _draft(self, lines: tuple[DraftLine, ...], *, opening: bool = False, taxed: TaxedAccount | None = None) -> Draft:
        row, header = self._row, self._header
        closing = header.booking_type == ANNUAL_ACCOUNTS and row.document_date == header.fiscal_year_end
        return Draft(
            booking_date=row.document_date,
            description=(row.text or row.document_field_1 or header.designation or "DATEV")[:MAX_DESCRIPTION],
            lines=lines,
            adjustment_period=13 if closing and not opening else None,
            opening=opening,
            category=CATEGORY,
            external_reference=row.document_field_1 or None,
            metadata=self._metadata(taxed),
            fx=self._money.fx,
            skip_duplicate_check=True,  # an import knows its rows by fingerprint and identity (RULINGS 16)
            general_reversal=row.general_reversal or self._meaning.reverses,
        )

    def _metadata(self, taxed: TaxedAccount | None) -> Metadata:
        """What the booking itself has no place for: the row's identity, and those of its fields that are not empty."""
        row = self._row
        known = {
            "datev_identity": row.identity,
            "datev_fingerprint": row.fingerprint,
            "datev_bu_key": row.bu_key,
            "datev_other_tax_codes": ",".join(taxed.other_codes) if taxed is not None else "",
            "datev_account": row.account if self._has_stand_in(row.account) else "",
            "datev_contra_account": row.contra_account if self._has_stand_in(row.contra_account) else "",
            "datev_document_field_2": row.document_field_2,
            "datev_document_guid": row.document_guid or "",
            "datev_cost_centre_1": row.cost_centre_1,
            "datev_cost_centre_2": row.cost_centre_2,
            "datev_eu_vat_id": row.eu_vat_id,
            "datev_case": "/".join(part for part in (row.case_number, row.case_supplement) if part),
            "datev_advance_type": row.advance_type,
            "service_date": row.service_date.isoformat() if row.service_date else "",
            "datev_tax_period_date": row.tax_period_date.isoformat() if row.tax_period_date else "",
            "due_date": self._due_date(),
        }
        return {**{name: value for name, value in known.items() if value}, **self._money.foreign}

    def _has_stand_in(self, number: str) -> bool:
        """Whether a control account stands in for the customer or vendor of the row."""
        own = number_in_chart(number=number, header=self._header, number_length=self._chart.number_length)
        return own not in (self._account, self._contra)

    def _due_date(self) -> str:
        """Field 117, or document field 2 where that is a date TTMMJJ from the document date on and the row touches open items."""
        if self._row.due_date is not None:
            return self._row.due_date.isoformat()
        day = parse_short_date(self._row.document_field_2)
        if day is None or day < self._row.document_date:
            return ""
        return day.isoformat() if any(map(self._chart.is_item_account, (self._account, self._contra))) else ""
