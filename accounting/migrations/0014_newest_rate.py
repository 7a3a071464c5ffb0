"""Lets the booking page find the newest rate of a currency among a million lines: an index of the lines that carry a foreign amount."""

from django.db import migrations


class Migration(migrations.Migration):
    """Partial, so that bookings in euros pay nothing for it. Kept in SQL, since the model has no use for it."""

    dependencies = [("accounting", "0013_items_seal")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX event_newest_rate ON accounting_event (company_id, fx_currency, booking_date, journal_number) "
            "WHERE fx_currency IS NOT NULL",
            "DROP INDEX event_newest_rate",
        ),
    ]
