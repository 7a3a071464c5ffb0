"""`manage.py demo`: fill an empty installation with the demo companies; write where and how to get in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ledgerlou import clock
from ledgerlou.companies.context import all_company_ids
from ledgerlou.demo.site import make_demo, write_demo_file


class Command(BaseCommand):
    """Safe to run again: companies that are there stay untouched, only the address in demo.json is renewed."""

    help = "Create the demo companies on an empty database and write demo.json"

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses in production, where demo secrets have no place."""
        if settings.IS_PRODUCTION:
            raise CommandError("There is no demo in production.")
        path = settings.DATA_DIR / "demo.json"
        if all_company_ids():
            if path.exists():
                write_demo_file(path=path, content={}, base_url=settings.BASE_URL)
            return
        with transaction.atomic():  # all or nothing: a demo that was interrupted is made anew
            made = make_demo(now=clock.now(), today=clock.today())
        write_demo_file(path=path, content=made.secrets, base_url=settings.BASE_URL)
        self.stdout.write(f"Demo company with {made.bookings} bookings; how to get in: {path}")
