"""Companies and bookings to measure with."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from accounting.drafts import Draft, DraftLine, Settle
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import Person
from ledgerlou.setup import CompanyFacts, open_company

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ACTOR = Actor(label="Benchmark", channel="api", actor_type="person", person_id=uuid4(), role="owner")
_ACCOUNTS = ("6815", "6820", "6530", "6805", "6850", "6310", "6600", "6855")


def fresh_company(name: str = "Bench GmbH") -> Company:
    """A new SKR04 company with an owner of its own."""
    person = Person.objects.create(email=f"{uuid4().hex[:12]}@bench.example", name="Bench", created_at=NOW)
    return open_company(facts=CompanyFacts(name=name, chart="skr04"), owner=person, actor=ACTOR, now=NOW, today=date(2026, 11, 25))


def three_lines(index: int) -> Draft:
    """A booking of three lines, one with tax, as a bookkeeper types it; dates run over the year."""
    day = date(2026, 1, 1) + timedelta(days=index % 360)
    gross = Decimal(1000 + index % 5000) / 100 + Decimal("11.90")
    return Draft(
        booking_date=day,
        description=f"Beleg {index} der Messung",
        lines=(
            DraftLine(account=_ACCOUNTS[index % len(_ACCOUNTS)], debit=gross, tax_code="VST19"),
            DraftLine(account="6855", debit=Decimal("1.50")),
            DraftLine(account="1800", credit=gross + Decimal("1.50")),
        ),
        external_reference=f"M-{index}",
    )


def two_lines(index: int) -> Draft:
    """A booking of two events, for large books."""
    day = date(2026, 1, 1) + timedelta(days=index % 360)
    return Draft(
        booking_date=day,
        description=f"Beleg {index} der Messung",
        lines=(
            DraftLine(account=_ACCOUNTS[index % len(_ACCOUNTS)], debit=Decimal("119.00"), tax_code="VST19"),
            DraftLine(account="1800" if index % 2 else "1600", credit=Decimal("119.00")),
        ),
        external_reference=f"M-{index}",
        skip_duplicate_check=True,
    )


def fill(company: Company, bookings: int, *, batch: int = 10_000) -> None:
    """Post many bookings in bulk."""
    from accounting.posting import post  # noqa: PLC0415 -- slow import

    for start in range(0, bookings, batch):
        drafts = [two_lines(index) for index in range(start, min(start + batch, bookings))]
        with company_transaction(company.id, actor=ACTOR):
            post(company=company, actor=ACTOR, drafts=drafts, now=NOW)


def fill_items(company: Company, invoices: int) -> None:
    """Post invoices to customers and from vendors; every third one is paid."""
    from accounting.posting import post  # noqa: PLC0415 -- slow import

    drafts = []
    for index in range(invoices):
        day = date(2026, 1, 1) + timedelta(days=index % 300)
        claim, other = ("1200", "4400") if index % 2 else ("3300", "5400")
        amount = Decimal(11900 + index) / 100
        first, second = (amount, Decimal(0)), (Decimal(0), amount)
        sides = (first, second) if index % 2 else (second, first)
        lines = (
            DraftLine(account=claim, debit=sides[0][0], credit=sides[0][1]),
            DraftLine(account=other, debit=sides[1][0], credit=sides[1][1]),
        )
        drafts.append(
            Draft(
                booking_date=day, description=f"Rechnung {index}", lines=lines, external_reference=f"R-{index}", skip_duplicate_check=True
            )
        )
    with company_transaction(company.id, actor=ACTOR):
        posted = post(company=company, actor=ACTOR, drafts=drafts, now=NOW)
        paid = [
            Draft(
                booking_date=date(2026, 11, 2),
                description=f"Zahlung {draft.description}",
                lines=tuple(
                    DraftLine(account="1800" if line.account in ("4400", "5400") else line.account, debit=line.credit, credit=line.debit)
                    for line in draft.lines
                ),
                settles=(
                    Settle(
                        intent_id=one.intent_id, account=draft.lines[0].account, amount=max(draft.lines[0].debit, draft.lines[0].credit)
                    ),
                ),
                skip_duplicate_check=True,
            )
            for draft, one in list(zip(drafts, posted, strict=True))[::3]
        ]
        post(company=company, actor=ACTOR, drafts=paid, now=NOW)
