"""Tax codes of a company's own have a first and a last day, which may be changed for bookings to come."""

from django.db import migrations

from ledgerlou.companies.guards import APP

# A code of the chart is valid as the law says. Only a migration that brings a change of the law (the owner's) may say otherwise.
KEEP_VALIDITY = """
CREATE FUNCTION accounting_keep_system_validity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'first and last day of tax code % of the chart are fixed', OLD.code
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'system_tax_code_validity_is_fixed';
END $$
"""


class Migration(migrations.Migration):
    """A grant, a check and a trigger."""

    dependencies = [("accounting", "0011_find_journal")]

    operations = [
        migrations.RunSQL(
            f"GRANT UPDATE (valid_from, valid_until) ON accounting_taxcode TO {APP}",
            f"REVOKE UPDATE (valid_from, valid_until) ON accounting_taxcode FROM {APP}",
        ),
        migrations.RunSQL(
            "ALTER TABLE accounting_taxcode ADD CONSTRAINT tax_code_ends_after_it_begins CHECK (valid_until >= valid_from)",
            "ALTER TABLE accounting_taxcode DROP CONSTRAINT tax_code_ends_after_it_begins",
        ),
        migrations.RunSQL(KEEP_VALIDITY, "DROP FUNCTION accounting_keep_system_validity()"),
        migrations.RunSQL(
            "CREATE TRIGGER system_tax_code_validity_is_fixed BEFORE UPDATE ON accounting_taxcode FOR EACH ROW "
            f"WHEN (OLD.is_system AND current_user = '{APP}' "
            "AND (OLD.valid_from, OLD.valid_until) IS DISTINCT FROM (NEW.valid_from, NEW.valid_until)) "
            "EXECUTE FUNCTION accounting_keep_system_validity()",
            "DROP TRIGGER system_tax_code_validity_is_fixed ON accounting_taxcode",
        ),
    ]
