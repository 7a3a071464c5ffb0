"""A year of a plausible German trader, planned before anything is booked: pure, and the same for the same day."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from accounting.drafts import Draft, DraftLine, Fx
from ledgerlou.money import ZERO, round_to_cent

SEED: Final = 20_261_125
CUSTOMERS: Final = (
    "Bäckerei Lindner",
    "Café Rosental",
    "Hofladen Vogt",
    "Hotel am Markt",
    "Kantine Nordwerk",
    "Reformhaus Seidel",
    "Weinhandel Busch",
)
VENDORS: Final = ("Ölmühle Hartmann", "Kaffeerösterei Brandt", "Verpackung Keller", "Gewürzkontor Stade", "Teehaus Lorenz")
EU_VENDORS: Final = ("Oliveira Azeites Lda", "Frantoio Bianchi Srl")


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """A later payment of a planned booking: `share` of the item, on `day`, perhaps at another exchange rate."""

    of: str
    account: str
    day: date
    amount: Decimal
    text: str
    fx: Fx | None = None
    difference: Decimal = ZERO


@dataclass(kw_only=True, slots=True)
class Month:
    """One month's bookings in order, the payments made in it, and which bookings are undone or carry a voucher."""

    first: date
    bookings: list[Draft] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    reversed_references: list[tuple[str, bool]] = field(default_factory=list)
    vouchers: dict[str, tuple[str, str]] = field(default_factory=dict)


def line(account: str, debit: str | Decimal = "0.00", credit: str | Decimal = "0.00", tax_code: str | None = None) -> DraftLine:
    """A source line, amounts in euros."""
    return DraftLine(account=account, debit=Decimal(debit), credit=Decimal(credit), tax_code=tax_code)


class Planner:
    """Draws the year month by month. SKR04 accounts."""

    def __init__(self, *, months: list[date], last_day: date) -> None:
        self.random = random.Random(SEED)  # noqa: S311 -- invented figures, the same every time
        self.last_day = last_day
        self.months = {first: Month(first=first) for first in months}
        self.counter = 0

    def plan(self) -> list[Month]:
        """All months, each with 180 bookings or more."""
        for month in self.months.values():
            for draw, count in self._kinds(month):
                for _ in range(count):
                    draw(month)
            self._fixed(month)
            self._undone(month)
            month.bookings = sorted(
                (draft for draft in month.bookings if draft.booking_date <= self.last_day), key=lambda draft: draft.booking_date
            )
        for month in self.months.values():
            month.payments.sort(key=lambda payment: (payment.day, payment.of))
        return list(self.months.values())

    def _kinds(self, month: Month) -> Iterator[tuple[Callable[[Month], None], int]]:
        del month
        yield self._sale, 48
        yield self._purchase, 26
        yield self._cash_sale, 26
        yield self._small_expense, 22
        yield self._eu_purchase, 3
        yield self._eu_sale, 3
        yield self._export, 2
        yield self._reverse_charge, 2
        yield self._dollar_purchase, 1

    def _day(self, month: Month) -> date:
        return month.first + timedelta(days=self.random.randrange(28))

    def _euros(self, low: int, high: int) -> Decimal:
        return Decimal(self.random.randrange(low * 100, high * 100)) / 100

    def _reference(self, kind: str, day: date) -> str:
        self.counter += 1
        return f"{kind}-{day.year}-{self.counter:05d}"

    def _book(
        self,
        month: Month,
        day: date,
        text: str,
        *lines: DraftLine,
        reference: str | None = None,
        due: int | None = None,
        fx: Fx | None = None,
    ) -> None:
        metadata = {"due_date": (day + timedelta(days=due)).isoformat()} if due else None
        draft = Draft(
            booking_date=day,
            description=text,
            lines=lines,
            external_reference=reference,
            metadata=metadata,
            fx=fx,
            skip_duplicate_check=True,
        )
        month.bookings.append(draft)

    def _pay(self, payment: Payment) -> None:
        month = self.months.get(payment.day.replace(day=1))
        if month is not None and payment.day <= self.last_day:
            month.payments.append(payment)

    def _sale(self, month: Month) -> None:
        day, customer = self._day(month), self.random.choice(CUSTOMERS)
        reference, gross = self._reference("RE", day), self._euros(60, 1900)
        food = self.random.random()
        if food < 0.35:
            lines = [line("4300", credit=gross, tax_code="UST7")]
        elif food < 0.8:
            lines = [line("4400", credit=gross, tax_code="UST19")]
        else:
            part = round_to_cent(gross * Decimal("0.4"))
            lines = [line("4300", credit=part, tax_code="UST7"), line("4400", credit=gross - part, tax_code="UST19")]
        self._book(month, day, f"{customer}, Rechnung {reference}", line("1200", debit=gross), *lines, reference=reference, due=30)
        if self.random.random() < 0.86:
            paid = gross if self.random.random() < 0.93 else round_to_cent(gross / 2)
            when = day + timedelta(days=self.random.randrange(6, 45))
            self._pay(Payment(of=reference, account="1200", day=when, amount=paid, text=f"{customer}, Zahlung {reference}"))
        if self.random.random() < 0.05:
            month.vouchers[reference] = (customer, f"{gross:.2f}")

    def _purchase(self, month: Month) -> None:
        day, vendor = self._day(month), self.random.choice(VENDORS)
        reference, gross = self._reference("ER", day), self._euros(40, 2100)
        account, code = ("5300", "VST7") if self.random.random() < 0.45 else ("5400", "VST19")
        self._book(
            month, day, f"{vendor}, Wareneingang {reference}", line(account, debit=gross, tax_code=code), line("3300", credit=gross),
            reference=reference, due=14,
        )  # fmt: skip
        if self.random.random() < 0.92:
            when = day + timedelta(days=self.random.randrange(5, 21))
            self._pay(Payment(of=reference, account="3300", day=when, amount=gross, text=f"{vendor}, Zahlung {reference}"))
        if self.random.random() < 0.15:
            month.vouchers[reference] = (vendor, f"{gross:.2f}")

    def _cash_sale(self, month: Month) -> None:
        day, gross = self._day(month), self._euros(90, 900)
        part = round_to_cent(gross * Decimal("0.6"))
        self._book(
            month, day, "Tageseinnahmen Ladenkasse", line("1600", debit=gross), line("4300", credit=part, tax_code="UST7"),
            line("4400", credit=gross - part, tax_code="UST19"), reference=self._reference("KA", day),
        )  # fmt: skip

    def _small_expense(self, month: Month) -> None:
        account, text, code, low, high = self.random.choice(
            (
                ("6815", "Bürobedarf", "VST19", 8, 90),
                ("6800", "Porto", None, 2, 30),
                ("6805", "Telefon und Internet", "VST19", 20, 120),
                ("6530", "Laufende Fahrzeugkosten", "VST19", 40, 130),
                ("6820", "Fachzeitschriften", "VST7", 10, 60),
                ("6855", "Kontoführung", None, 3, 25),
                ("6850", "Sonstiger Betriebsbedarf", "VST19", 10, 200),
            )
        )
        day, gross = self._day(month), self._euros(low, high)
        contra = "1600" if gross < 60 else "1800"
        self._book(
            month, day, text, line(account, debit=gross, tax_code=code), line(contra, credit=gross), reference=self._reference("AU", day)
        )

    def _eu_purchase(self, month: Month) -> None:
        day, vendor, net = self._day(month), self.random.choice(EU_VENDORS), self._euros(400, 3200)
        reference = self._reference("EU", day)
        text = f"{vendor}, innergemeinschaftlicher Erwerb {reference}"
        self._book(month, day, text, line("5425", debit=net, tax_code="VST-IGE19"), line("3300", credit=net), reference=reference, due=30)
        self._pay(Payment(of=reference, account="3300", day=day + timedelta(days=28), amount=net, text=f"{vendor}, Zahlung {reference}"))

    def _eu_sale(self, month: Month) -> None:
        day, net = self._day(month), self._euros(300, 2400)
        reference = self._reference("RE", day)
        text = f"Delikatessen Maurer KG, Wien, Lieferung {reference}"
        self._book(month, day, text, line("1200", debit=net), line("4125", credit=net, tax_code="UST-IGL0"), reference=reference, due=30)
        self._pay(
            Payment(
                of=reference, account="1200", day=day + timedelta(days=25), amount=net, text=f"Delikatessen Maurer, Zahlung {reference}"
            )
        )

    def _export(self, month: Month) -> None:
        day, net = self._day(month), self._euros(300, 1500)
        reference = self._reference("RE", day)
        text = f"Feinkost Brunner AG, Zürich, Ausfuhr {reference}"
        self._book(month, day, text, line("1200", debit=net), line("4120", credit=net, tax_code="UST-EXP0"), reference=reference, due=30)

    def _reverse_charge(self, month: Month) -> None:
        day, net = self._day(month), self._euros(20, 300)
        self._book(
            month, day, "Online-Werbung, Dublin (§ 13b UStG)", line("6600", debit=net, tax_code="VST-13B-EU19"), line("1800", credit=net),
            reference=self._reference("RC", day),
        )  # fmt: skip

    def _dollar_purchase(self, month: Month) -> None:
        day, dollars = self._day(month), self._euros(900, 4000)
        reference, rate = self._reference("US", day), Decimal(self.random.randrange(10500, 11900)) / 10000
        euros = round_to_cent(dollars / rate)
        fx = Fx(currency="USD", amount=dollars, rate=rate, rate_date=day, rate_source="ecb")
        self._book(
            month, day, f"Pacific Spice Inc., Rechnung {reference} über {dollars} USD", line("5559", debit=euros, tax_code="VST0"),
            line("3300", credit=euros), reference=reference, due=30, fx=fx,
        )  # fmt: skip
        paid_rate = rate - Decimal(self.random.randrange(1, 300)) / 10000
        paid_on, paid = day + timedelta(days=27), round_to_cent(dollars / paid_rate)
        paid_fx = Fx(currency="USD", amount=dollars, rate=paid_rate, rate_date=paid_on, rate_source="bank")
        self._pay(
            Payment(
                of=reference, account="3300", day=paid_on, amount=euros, text=f"Pacific Spice, Zahlung {reference}", fx=paid_fx,
                difference=paid - euros,
            )
        )  # fmt: skip

    def _fixed(self, month: Month) -> None:
        first, mid, end = month.first, month.first + timedelta(days=14), month.first + timedelta(days=27)
        self._book(
            month,
            first,
            "Miete Laden und Lager",
            line("6310", debit="2400.00"),
            line("1800", credit="2400.00"),
            reference=f"MI-{first:%Y-%m}",
        )
        self._book(
            month, end, "Gehälter", line("6020", debit="9800.00"), line("3720", credit="6350.00"), line("3730", credit="1420.00"),
            line("3740", credit="2030.00"), reference=f"LG-{first:%Y-%m}",
        )  # fmt: skip
        self._book(
            month,
            end,
            "Auszahlung Gehälter",
            line("3720", debit="6350.00"),
            line("1800", credit="6350.00"),
            reference=f"LG-{first:%Y-%m}-Z",
        )
        self._book(
            month, end, "Sozialversicherung, Arbeitgeberanteil", line("6110", debit="1980.00"), line("3740", credit="1980.00"),
            reference=f"SV-{first:%Y-%m}",
        )  # fmt: skip
        self._book(
            month, end, "Krankenkasse", line("3740", debit="4010.00"), line("1800", credit="4010.00"), reference=f"SV-{first:%Y-%m}-Z"
        )
        self._book(
            month,
            mid,
            "Lohnsteuer an das Finanzamt",
            line("3730", debit="1420.00"),
            line("1800", credit="1420.00"),
            reference=f"LS-{first:%Y-%m}",
        )
        self._book(
            month,
            mid,
            "Umsatzsteuer-Vorauszahlung",
            line("3820", debit="3100.00"),
            line("1800", credit="3100.00"),
            reference=f"UV-{first:%Y-%m}",
        )
        self._book(
            month, end, "Darlehenszinsen", line("7320", debit="112.50"), line("1800", credit="112.50"), reference=f"ZI-{first:%Y-%m}"
        )
        self._book(
            month,
            end,
            "Einzahlung der Ladenkasse",
            line("1460", debit="5200.00"),
            line("1600", credit="5200.00"),
            reference=f"KE-{first:%Y-%m}",
        )
        self._book(
            month,
            end,
            "Bareinzahlung auf dem Konto",
            line("1800", debit="5200.00"),
            line("1460", credit="5200.00"),
            reference=f"KE-{first:%Y-%m}-B",
        )
        self._book(
            month,
            end,
            "Abschreibung Ladeneinrichtung",
            line("6220", debit="310.00"),
            line("0640", credit="310.00"),
            reference=f"AB-{first:%Y-%m}",
        )

    def _undone(self, month: Month) -> None:
        """Two bookings a month were wrong: one is reversed, one by Generalumkehr."""
        day = month.first + timedelta(days=9)
        for kind, general in (("FA", False), ("FB", True)):
            reference = self._reference(kind, day)
            self._book(
                month,
                day,
                "Bürobedarf, doppelt erfasst",
                line("6815", debit="47.60", tax_code="VST19"),
                line("1600", credit="47.60"),
                reference=reference,
            )
            if day <= self.last_day:
                month.reversed_references.append((reference, general))
