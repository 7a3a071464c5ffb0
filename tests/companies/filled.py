"""Companies with something in every table: tables that stay empty are named by the test that needs them filled."""

import hashlib
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from accounting.drafts import Settle
from accounting.models.document import Document
from accounting.posting import post
from ledgerlou.api.models import IdempotencyClaim
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import SessionToken
from ledgerlou.companies.models.verification import VerificationRun
from ledgerlou.companies.services.keys import create_api_key
from periods.models import LockRequest, Period
from tests.companies.people import owner_of
from tests.conftest import NOW, TODAY, draft, new_company, show_company

BANK_AND_DEBTOR_AND_REVENUE = {"skr04": ("1800", "1200", "4400"), "skr03": ("1200", "1400", "8400")}


def filled_company(chart: str = "skr04", *, name: str = "Muster Handel GmbH") -> Company:
    """A company with a key, a session, a document, a sale that is paid in part, a lock request, a remembered answer, a verification."""
    company = new_company(chart, name=name)
    show_company(company)
    actor = owner_of(company)
    create_api_key(company=company, actor=actor, name="Shop", scopes=["journal:read"], expires_at=None, now=NOW)
    SessionToken.objects.create(
        company=company, person_id=actor.person_id, token_hash=str(uuid4()), created_at=NOW, expires_at=NOW + timedelta(hours=1)
    )
    Document.objects.create(
        company=company,
        sha256=hashlib.sha256(company.id.bytes).hexdigest(),
        mime_type="application/pdf",
        original_name="Beleg.pdf",
        size_bytes=1,
        retention_until=TODAY,
        uploaded_by=actor.label,
        created_at=NOW,
    )
    bank, debtor, revenue = BANK_AND_DEBTOR_AND_REVENUE[chart]
    [sale] = post(company=company, actor=actor, drafts=[draft((debtor, "119.00", "0"), (revenue, "0", "119.00", "UST19"))], now=NOW)
    paid = Settle(intent_id=sale.intent_id, account=debtor, amount=Decimal("19.00"))
    post(company=company, actor=actor, drafts=[draft((bank, "19.00", "0"), (debtor, "0", "19.00"), settles=(paid,))], now=NOW)
    LockRequest.objects.create(
        company=company,
        period=Period.objects.of(company).get(period="2026-01"),
        requested_by_person_id=actor.person_id,
        requested_by=actor.label,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=48),
    )
    IdempotencyClaim.objects.create(
        company=company, owner_id=actor.person_id, key="k", method="POST", path="/v1/x", body_sha256=b"x" * 32, created_at=NOW
    )
    VerificationRun.objects.create(company=company, asked_by=actor.label, asked_at=NOW)
    return company
