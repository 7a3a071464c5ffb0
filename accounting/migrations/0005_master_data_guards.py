"""What accounts, tax codes and documents must look like, whoever writes them. Each guard is attacked by raw-SQL tests."""

from django.db import migrations

from ledgerlou.companies.guards import APP


def check(table: str, name: str, condition: str) -> migrations.RunSQL:
    """A check constraint of its own name."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})", f"ALTER TABLE {table} DROP CONSTRAINT {name}"
    )


# Rate and accounts of a code of the chart are law and standard; a change of the law brings a new code (UST16 in 2020).
SYSTEM_TAX_CODE = """
CREATE FUNCTION accounting_keep_system_tax_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rate and accounts of tax code % of the chart are fixed', OLD.code
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'system_tax_code_is_fixed';
END $$
"""


class Migration(migrations.Migration):
    """Checks and one trigger; the application may also set the direction of a tax code when its accounts change."""

    dependencies = [("accounting", "0003_journal_search")]

    operations = [
        # DATEV knows numbers, not texts: 400 and 0400 are one account.
        migrations.RunSQL(
            "CREATE UNIQUE INDEX account_number_once_without_zeros ON accounting_account (company_id, ltrim(number, '0'))",
            "DROP INDEX account_number_once_without_zeros",
        ),
        check("accounting_account", "account_number_is_not_zero", "ltrim(number, '0') <> ''"),
        # Personal accounts (DATEV: customers 10000 to 69999, vendors 70000 to 99999) bear open items (RULINGS 22).
        check(
            "accounting_account",
            "account_personal_bears_items",
            "number !~ '^[1-9][0-9]{4}$' OR "
            "(is_item_account AND type = CASE WHEN number::integer >= 70000 THEN 'liability' ELSE 'asset' END)",
        ),
        check(
            "accounting_taxcode", "tax_code_rate_has_an_account", "rate = 0 OR vat_account IS NOT NULL OR self_assess_account IS NOT NULL"
        ),
        check("accounting_taxcode", "tax_code_accounts_differ", "vat_account <> self_assess_account"),
        migrations.RunSQL(SYSTEM_TAX_CODE, "DROP FUNCTION accounting_keep_system_tax_code()"),
        migrations.RunSQL(
            "CREATE TRIGGER system_tax_code_is_fixed BEFORE UPDATE ON accounting_taxcode FOR EACH ROW "
            "WHEN (OLD.is_system AND (OLD.rate, OLD.vat_account, OLD.self_assess_account, OLD.is_system) "
            "IS DISTINCT FROM (NEW.rate, NEW.vat_account, NEW.self_assess_account, NEW.is_system)) "
            "EXECUTE FUNCTION accounting_keep_system_tax_code()",
            "DROP TRIGGER system_tax_code_is_fixed ON accounting_taxcode",
        ),
        migrations.RunSQL(
            f"GRANT UPDATE (direction) ON accounting_taxcode TO {APP}", f"REVOKE UPDATE (direction) ON accounting_taxcode FROM {APP}"
        ),
        check("accounting_document", "document_is_not_empty", "size_bytes > 0"),
        check("accounting_document", "document_name_is_one_name", r"original_name <> '' AND original_name !~ '[\x01-\x1f\x7f/\\]'"),
    ]
