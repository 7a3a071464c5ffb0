"""A small company with plausible books, committed for good, for tests of the back office: pages are read as people read them."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from django.test import Client
from django.test.client import ClientHandler

from accounting.drafts import Settle
from accounting.german.datev_columns import COLUMNS
from accounting.models.account import Account
from accounting.models.datev import DatevImport
from accounting.models.tax_code import TaxCode
from accounting.posting import post
from accounting.services.booking_templates import NewTemplate, TemplateLine, save_template
from accounting.services.datev_import import import_datev_batch
from accounting.services.documents import ReceivedFile, store_document
from accounting.services.reversals import ReversalRequest, reverse_booking
from accounting.services.verification import Verified, record_verification
from accounting.verify_findings import BooksReport
from ledgerlou import clock
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import ApiKey, Membership, Person
from ledgerlou.companies.models.verification import VerificationRun
from ledgerlou.companies.roles import Role
from ledgerlou.companies.services.keys import create_api_key
from ledgerlou.setup import CompanyFacts, open_company
from periods.closing import request_lock
from periods.models import Period
from tests.admin.sample_pdf import one_page_pdf
from tests.conftest import draft

PASSWORD = "Korrekt Pferd Batterie 7"


@lru_cache(maxsize=1)
def _handler() -> ClientHandler:
    """The application, loaded once: WhiteNoise reads all folders of static files whenever it is loaded."""
    return ClientHandler(enforce_csrf_checks=False)


def browser(**more: Any) -> Client:
    """A browser in which nobody has signed in."""
    client = Client(**more)
    client.handler = _handler()
    return client


@lru_cache(maxsize=1)
def _hashed_password() -> str:
    """Argon2 is slow on purpose."""
    return make_password(PASSWORD)


@dataclass(kw_only=True)
class Books:
    """A company with one person in each role and a few bookings."""

    company: Any
    people: dict[str, Any]
    bookings: dict[str, UUID] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    month: str = ""
    document_id: UUID | None = None

    def client(self, role: str = "owner", language: str = "de") -> Client:
        """A browser in which the person of this role has signed in."""
        client = browser(headers={"accept-language": language})
        client.force_login(self.people[role])
        return client


def open_books(name: str = "Nordlicht Handel GmbH", *, chart: str = "skr04", language: str = "de") -> Books:
    """Open a company and book a little: sale, purchase, payment that settles, and a reversal."""
    now, today = clock.now(), clock.today()
    names = {
        "owner": "Hanna Petersen",
        "admin": "Jonas Brandt",
        "accountant": "Miriam Kaya",
        "bookkeeper": "Ole Hansen",
        "auditor": "Paul Roth",
    }
    people = {}
    for role, person_name in names.items():
        person = Person(
            email=f"{role}-{uuid4().hex[:10]}@example.org", name=person_name, language=language, created_at=now, password=_hashed_password()
        )
        person.save()
        people[role] = person
    actor = person_actor(person_id=people["owner"].id, label=names["owner"], role="owner", channel="admin")
    facts = CompanyFacts(name=name, chart=chart, legal_form="GmbH", street="Hafenstraße 12", postal_code="24103", city="Kiel")
    company = open_company(facts=facts, owner=people["owner"], actor=actor, now=now, today=today)
    books = Books(company=company, people=people)
    with company_transaction(company.id, actor=actor):
        for role in ("admin", "accountant", "bookkeeper", "auditor"):
            end = today + timedelta(days=90) if role == Role.AUDITOR else None
            Membership.objects.create(company=company, person=people[role], role=role, valid_until=end, created_at=now)
        pdf = ReceivedFile(content=one_page_pdf("Rechnung RE-2207"), name="RE-2207.pdf", declared_type="application/pdf")
        books.document_id = store_document(company=company, actor=actor, received=pdf, now=now).id
        drafts = _drafts(chart, today, books.document_id)
        posted = post(company=company, actor=actor, drafts=list(drafts.values()), now=now)
        books.bookings = {key: row.intent_id for key, row in zip(drafts, posted, strict=True)}
        settled = _payment(chart, today, books.bookings["sale"])
        [paid] = post(company=company, actor=actor, drafts=[settled], now=now)
        books.bookings["payment"] = paid.intent_id
        wanted = ReversalRequest(intent_id=books.bookings["wrong"], reason="falsches Konto")
        books.bookings["reversal"] = reverse_booking(company=company, actor=actor, request=wanted, today=today, now=now).intent_id
        create_api_key(company=company, actor=actor, name="Kassensystem", scopes=["journal:write"], expires_at=None, now=now)
        batch = datev_batch(year=today.year, chart=chart)
        import_datev_batch(company=company, actor=actor, data=batch, file_name="EXTF_Buchungsstapel.csv", now=now)
        account = _accounts(chart)
        rent = (
            TemplateLine(account=account["rent"], debit=Decimal("1850.00")),
            TemplateLine(account=account["bank"], credit=Decimal("1850.00")),
        )
        monthly = NewTemplate(name="Monatsmiete", description="Miete Lagerhalle", lines=rent)
        template = save_template(company=company, actor=actor, facts=monthly, now=now)
        books.month = f"{today.year}-01"
        pending = request_lock(company=company, actor=actor, period=books.month, now=now)
        books.rows = {
            "verificationrun": _verified(company, actor.label, now).id,
            "company": company.id,
            "account": Account.objects.of(company).get(number=_accounts(chart)["bank"]).id,
            "taxcode": TaxCode.objects.of(company).get(code="UST19").id,
            "document": books.document_id,
            "bookingtemplate": template.id,
            "datevimport": DatevImport.objects.of(company).get().id,
            "period": Period.objects.of(company).get(period=books.month).id,
            "lock_request": pending.id,
            "membership": Membership.objects.of(company).get(person=people["bookkeeper"]).id,
            "apikey": ApiKey.objects.of(company).get().id,
        }
    return books


def _verified(company: Any, label: str, now: Any) -> VerificationRun:
    """A verification that found nothing, as its record says; tests that need a real one run one."""
    report = BooksReport(
        company_id=company.id, company_name=company.name, events=9, head_hash="0" * 64, faults=(), fault_counts={}, seconds=0.25
    )
    return record_verification(company_id=company.id, verified=Verified(report=report, asked_by=label, started_at=now, finished_at=now))


def datev_batch(*, year: int, chart: str, text: str = "Porto", account: str = "", client: int = 1) -> bytes:
    """A booking batch with one row: 12.40 euros of postage, paid by bank."""
    bank, postage = ("1800", "6800") if chart == "skr04" else ("1200", "4910")
    head = (
        f'"EXTF";700;21;"Buchungsstapel";13;{year}0301100000000;;"LL";"Probe";"";1001;{client};{year}0101;4;{year}0201;{year}0228;"Februar";"";1;0;0;'
        f'"EUR";;"";;;"{chart[-2:]}";;;"";""'
    )
    names = ";".join(column.name for column in COLUMNS)
    row = [""] * len(COLUMNS)
    row[:3] = ["12,40", '"S"', '"EUR"']
    row[6:8] = [account or postage, bank]
    row[9:11] = ["1502", '"B-17"']
    row[13] = f'"{text}"'
    return "\r\n".join([head, names, ";".join(row), ""]).encode("cp1252")


def _accounts(chart: str) -> dict[str, str]:
    skr04 = {"bank": "1800", "claims": "1200", "debts": "3300", "sales": "4400", "goods": "5400", "rent": "6310", "office": "6815"}
    skr03 = {"bank": "1200", "claims": "1400", "debts": "1600", "sales": "8400", "goods": "3400", "rent": "4210", "office": "4930"}
    return skr04 if chart == "skr04" else skr03


def _drafts(chart: str, today: Any, document_id: UUID) -> dict[str, Any]:
    account = _accounts(chart)
    day = today.isoformat()
    return {
        "sale": draft(
            (account["claims"], "1428.00", "0"),
            (account["sales"], "0", "1428.00", "UST19"),
            day=day,
            text="Ausgangsrechnung RE-2207 Kranbau Lübeck",
            external_reference="RE-2207",
            document_id=document_id,
        ),
        "purchase": draft(
            (account["goods"], "595.00", "0", "VST19"), (account["debts"], "0", "595.00"), day=day, text="Wareneingang Faserwerk AG"
        ),
        "rent": draft((account["rent"], "1850.00", "0"), (account["bank"], "0", "1850.00"), day=day, text="Miete Lagerhalle"),
        "wrong": draft((account["office"], "84.90", "0"), (account["bank"], "0", "84.90"), day=day, text="Druckerpatronen"),
    }


def _payment(chart: str, today: Any, sale: UUID) -> Any:

    account = _accounts(chart)
    return draft(
        (account["bank"], "1000.00", "0"),
        (account["claims"], "0", "1000.00"),
        day=today.isoformat(),
        text="Zahlung Kranbau Lübeck",
        settles=(Settle(intent_id=sale, account=account["claims"], amount=Decimal("1000.00")),),
    )
