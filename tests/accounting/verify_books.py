"""Books with one of everything, for the tests of verify and export: taxes, opening balances, open items, currency, reversals, a closing."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from accounting.drafts import Fx, Settle
from accounting.models.document import Document
from accounting.posting import PostedIntent, post
from accounting.services.reversals import ORIGINAL_PERIOD, ReversalRequest, reverse_booking
from ledgerlou import clock
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import Person
from periods.closing import approve_lock, request_lock
from tests.conftest import NOW, TODAY, draft, new_company, new_person

# Quotation marks, backslashes, controls, line ends of three kinds, separators, direction marks, astral and combining characters, CSV traps.
NASTY = (
    'q" b\\ \\N \\" n\n r\r t\t \x01\x1f\x7f\x80\u0085\u00a0\u2028\u2029 \u202eRTL\u202c א 😀 👨‍👩‍👧 é ,;|\' </script> =1+1 \ufeff\ufffd'
)
NASTY_FIRST = "\\N"  # what stands for "nothing" in the CSV file
PDF = b"%PDF-1.7 one voucher"


@dataclass(frozen=True, kw_only=True)
class Books:
    """A company with committed books and what the tests look up in them."""

    company: Company
    actor: Actor
    posted: dict[str, PostedIntent]
    document: Document


def make_books(*, fiscal_year_start_month: int = 1) -> Books:
    """A fresh company with committed books. The caller needs `real_commits`."""
    owner = new_person()
    company = new_company(owner=owner, fiscal_year_start_month=fiscal_year_start_month)
    actor = Actor(label="Erika Beispiel", channel="api", actor_type="person", person_id=owner.id, role="owner")
    with company_transaction(company.id, actor=actor):
        document = store_document(company, PDF)
        posted = fill_books(company, actor, document=document)
        lock_months(company, owner, actor, "2026-01", "2026-02")
    return Books(company=company, actor=actor, posted=posted, document=document)


def store_document(company: Company, content: bytes) -> Document:
    """A document with its file, as an upload leaves them."""
    document = Document(
        company=company,
        sha256=hashlib.sha256(content).hexdigest(),
        mime_type="application/pdf",
        original_name="Beleg.pdf",
        size_bytes=len(content),
        retention_until=date(2036, 12, 31),
        uploaded_by="Erika Beispiel",
        created_at=NOW,
    )
    storages["default"].save(document.storage_name, ContentFile(content))
    document.save(force_insert=True)
    return document


def fill_books(company: Company, actor: Actor, *, document: Document) -> dict[str, PostedIntent]:
    """Post one of everything and return the bookings by name."""
    posted: dict[str, PostedIntent] = {}

    def book(name: str, *lines: tuple[str, ...], **extra: object) -> PostedIntent:
        [posted[name]] = post(company=company, actor=actor, drafts=[draft(*lines, text=extra.pop("text", name), **extra)], now=clock.now())
        return posted[name]

    book(
        "opening", ("1200", "500.00", "0.00"), ("1200", "300.00", "0.00"), ("1800", "200.00", "0.00"), ("2900", "0.00", "1000.00"),
        day="2026-01-01", opening=True,
    )  # fmt: skip
    sale = book(
        "sale", ("1200", "119.00", "0.00"), ("4400", "0.00", "119.00", "UST19"), day="2026-01-15", external_reference="RE-1",
        metadata={"due_date": "2026-02-14", "note": NASTY, "count": 3, "share": Decimal("0.10"), "paid": False, "none": None},
        document_id=document.id, category="sales",
    )  # fmt: skip
    book("nasty", ("6815", "10.00", "0.00"), ("1800", "0.00", "10.00"), text=NASTY, external_reference=NASTY_FIRST, day="2026-01-20")
    book("reverse charge", ("5923", "200.00", "0.00", "VST-13B19"), ("3300", "0.00", "200.00"), day="2026-02-03")
    book(
        "part payment", ("1800", "50.00", "0.00"), ("1200", "0.00", "50.00"), day="2026-02-10",
        settles=(Settle(intent_id=sale.intent_id, account="1200", amount=Decimal("50.00")),),
    )  # fmt: skip
    book("card payment", ("1460", "20.00", "0.00"), ("1800", "0.00", "20.00"), day="2026-03-02")
    dollars = Fx(currency="USD", amount=Decimal("1100.00"), rate=Decimal("1.10"), rate_date=date(2026, 3, 2), rate_source="ecb")
    export = book("dollars", ("1200", "1000.00", "0.00"), ("4120", "0.00", "1000.00"), day="2026-03-02", fx=dollars)
    half = Fx(currency="USD", amount=Decimal("550.00"), rate=Decimal("1.10"), rate_date=date(2026, 3, 9), rate_source="bank")
    book(
        "dollars paid", ("1800", "500.00", "0.00"), ("1200", "0.00", "500.00"), day="2026-03-09", fx=half,
        settles=(Settle(intent_id=export.intent_id, account="1200", amount=Decimal("500.00")),),
    )  # fmt: skip
    book(
        "dollars paid in euros", ("1800", "300.01", "0.00"), ("1200", "0.00", "300.01"), day="2026-03-10",
        settles=(Settle(intent_id=export.intent_id, account="1200", amount=Decimal("300.01")),),
    )  # fmt: skip
    wrong = book("wrong", ("1200", "59.50", "0.00"), ("4400", "0.00", "59.50", "UST19"), day="2026-03-11")
    reverse(posted, company, actor, wrong, general=True)
    paid = book(
        "rest of the sale", ("1800", "69.00", "0.00"), ("1200", "0.00", "69.00"), day="2026-03-12",
        settles=(Settle(intent_id=sale.intent_id, account="1200", amount=Decimal("69.00")),),
    )  # fmt: skip
    reverse(posted, company, actor, paid, general=False)
    book("year end", ("6815", "5.00", "0.00"), ("3070", "0.00", "5.00"), day="2026-12-31", adjustment_period=13)
    return posted


def reverse(posted: dict[str, PostedIntent], company: Company, actor: Actor, original: PostedIntent, *, general: bool) -> None:
    """Reverse a booking, in its own period when it is a general reversal."""
    request = ReversalRequest(intent_id=original.intent_id, reason="Test", general_reversal=general)
    if general:
        request = ReversalRequest(intent_id=original.intent_id, posting_mode=ORIGINAL_PERIOD, general_reversal=True)
    name = "general reversal" if general else "reversal"
    posted[name] = reverse_booking(company=company, actor=actor, request=request, today=TODAY, now=clock.now())


def lock_months(company: Company, owner: Person, actor: Actor, *periods: str) -> None:
    """Lock months for good; the only person who may approve does so herself."""
    assert actor.person_id == owner.id
    for period in periods:
        request = request_lock(company=company, actor=actor, period=period, now=clock.now())
        approve_lock(company=company, actor=actor, period=period, request_id=request.id, now=clock.now() + timedelta(milliseconds=1))


def bulk_books(company: Company, actor: Actor, *, bookings: int, of: int = 0) -> UUID:
    """Post ordinary sales from April to December; `of` is the number of the first, so that a second bulk is not the same."""
    drafts = [
        draft(
            ("1460", f"{n % 900 + 1}.19", "0.00"),
            ("4400", "0.00", f"{n % 900 + 1}.19", "UST19"),
            text=f"Sale {n}",
            day=f"2026-{n % 9 + 4:02d}-{n % 28 + 1:02d}",
            skip_duplicate_check=True,
        )
        for n in range(of, of + bookings)
    ]
    return post(company=company, actor=actor, drafts=drafts, now=NOW)[-1].intent_id
