"""Make the index behind the key from lines to bookings the newest of its table, so that the planner takes it on empty statistics.

Until a table is analyzed PostgreSQL finds every index whose columns are all compared equally cheap, and of equals it takes the newest.
That was `(company_id, period)`: the key check of each line then read every booking of the month, and the first import of a company
slowed down with the square of its size.
"""

from django.db import migrations

FOREIGN_KEY = (
    "ALTER TABLE accounting_event ADD CONSTRAINT event_intent FOREIGN KEY (company_id, intent_id, booking_date, period) "
    "REFERENCES accounting_intent (company_id, id, booking_date, period)"
)


class Migration(migrations.Migration):
    """The same key and the same foreign key, made anew."""

    dependencies = [("accounting", "0008_journal_statistics"), ("periods", "0003_closing")]

    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE accounting_event DROP CONSTRAINT event_intent",
                "ALTER TABLE accounting_intent DROP CONSTRAINT intent_with_date_and_period",
                "ALTER TABLE accounting_intent ADD CONSTRAINT intent_with_date_and_period UNIQUE (company_id, id, booking_date, period)",
                FOREIGN_KEY,
            ],
            migrations.RunSQL.noop,
        ),
    ]
