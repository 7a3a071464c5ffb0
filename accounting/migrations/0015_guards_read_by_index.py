"""Let every guard of the journal find its rows by index, whatever the planner thinks of the tables.

A connection keeps the plan it made when the tables were small, and reading a small table from end to end seems cheap: the next large
import then read it once for each booking. The sealing trigger was protected from that already.
"""

from django.db import migrations

GUARDS = ("accounting_count_items()", "accounting_intent_has_events()", "accounting_check_reversals(uuid, uuid[])")


class Migration(migrations.Migration):
    """The same setting for the other guards that read the journal."""

    dependencies = [("accounting", "0014_newest_rate")]

    operations = [
        migrations.RunSQL(f"ALTER FUNCTION {guard} SET enable_seqscan = off", f"ALTER FUNCTION {guard} RESET enable_seqscan")
        for guard in GUARDS
    ]
