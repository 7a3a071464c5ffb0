"""`manage.py reset_two_factor E-MAIL`: for a person who has lost the authenticator. Make sure who is asking before you run it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from ledgerlou.companies.services.people import active_person


class Command(BaseCommand):
    """Removes a person's authenticators; they sign in with the password and set up a new one."""

    help = "Remove the authenticators of a person who has lost them. Make sure who is asking first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose."""
        parser.add_argument("email", metavar="E-MAIL", help="address the person signs in with")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        """Say how many there were."""
        with transaction.atomic():
            person = active_person(email=email)
            if person is None:
                raise CommandError(f"Nobody signs in with {email}.")
            count, _ = TOTPDevice.objects.filter(user=person).delete()
        if not count:
            raise CommandError(f"{email} has no authenticator.")
        self.stdout.write(f"{person} has no authenticator any more and can set up a new one after signing in with the password.")
