"""Documents are counted by the day they came in; without an index each look at the board would read all of them."""

from django.db import migrations


class Migration(migrations.Migration):
    """Moments are compared in an index under row-level security: their operators are leakproof."""

    dependencies = [("periods", "0004_lock_request_evidence"), ("accounting", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX document_received ON accounting_document (company_id, created_at)",
            "DROP INDEX document_received",
        ),
    ]
