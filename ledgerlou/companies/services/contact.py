"""Messages from the website's contact form."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from ledgerlou.companies.services.mail import queue_mail


@transaction.atomic(savepoint=False)
def receive_contact_message(*, name: str, email: str, message: str, now: datetime) -> None:
    """Mail a visitor's message to the operator's address; an answer goes to the visitor."""
    queue_mail(
        recipient=settings.CONTACT_ADDRESS,
        template="contact",
        language="en",
        context={"name": name, "email": email, "message": message},
        now=now,
        reply_to=email,
    )
