"""Exchange rates as the company's own journal knows them."""

from accounting.drafts import Fx
from accounting.models.journal import Event, Intent
from ledgerlou.companies.models.company import Company


def newest_rate(*, company: Company, currency: str) -> Fx | None:
    """The foreign side of the newest booking in a currency, for its rate, rate date and source; None where there is none yet."""
    newest = Event.objects.of(company).filter(fx_currency=currency).order_by("-booking_date", "-journal_number").values("intent_id")[:1]
    intent = Intent.objects.of(company).filter(id__in=newest).first()
    if intent is None or not (intent.fx_currency and intent.fx_amount and intent.fx_rate and intent.fx_rate_date and intent.fx_rate_source):
        return None
    return Fx(
        currency=intent.fx_currency,
        amount=intent.fx_amount,
        rate=intent.fx_rate,
        rate_date=intent.fx_rate_date,
        rate_source=intent.fx_rate_source,
    )
