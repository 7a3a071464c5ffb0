"""Background work of the API platform."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from ledgerlou import clock
from ledgerlou.api.models import IdempotencyClaim
from ledgerlou.companies.context import all_company_ids, company_transaction
from ledgerlou.companies.models.people import SessionToken


@shared_task(name="api.forget_expired")  # type: ignore[untyped-decorator]  # Celery has no types
def forget_expired() -> None:
    """Delete answers kept for idempotency keys after their days, and session tokens after their end. Safe to run twice."""
    now = clock.now()
    for company_id in all_company_ids():
        with company_transaction(company_id):
            oldest = now - timedelta(days=settings.IDEMPOTENCY_KEPT_DAYS)
            IdempotencyClaim.objects.of(company_id).filter(created_at__lt=oldest).delete()
            SessionToken.objects.of(company_id).filter(expires_at__lt=now).delete()
