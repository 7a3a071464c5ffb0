"""Fresh statistics of the journal's tables on demand: without them the planner takes a filled table for an empty one."""

from django.db import migrations

from ledgerlou.companies.guards import APP

ANALYZE_JOURNAL = """
CREATE FUNCTION accounting_analyze_journal() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE accounting_intent;
    ANALYZE accounting_event;
    ANALYZE accounting_accountmonth;
    ANALYZE accounting_openitem;
    ANALYZE accounting_settlement;
    ANALYZE accounting_document;
END $$
"""


class Migration(migrations.Migration):
    """The application may ask for it, since only the owner may analyze."""

    dependencies = [("accounting", "0007_datev_import")]

    operations = [
        migrations.RunSQL(
            [
                ANALYZE_JOURNAL,
                "REVOKE ALL ON FUNCTION accounting_analyze_journal() FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION accounting_analyze_journal() TO {APP}",
            ],
            "DROP FUNCTION accounting_analyze_journal()",
        ),
    ]
