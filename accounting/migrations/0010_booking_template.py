"""Templates of recurring bookings and their lines: written whole, lines never changed, accounts and tax codes of the same company."""

import django.db.models.deletion
from django.db import migrations, models

import ledgerlou.ids
import ledgerlou.money
from ledgerlou.companies.guards import append_only, company_table, composite_fk, composite_key, history

TEMPLATE, LINE = "accounting_bookingtemplate", "accounting_bookingtemplateline"

# At the end of the transaction a template has as many lines as it says: none is added to it later, none is missing.
WRITTEN_WHOLE = """
CREATE FUNCTION accounting_template_is_whole() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted uuid := CASE TG_TABLE_NAME WHEN 'accounting_bookingtemplate' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'template_id')::uuid END;
BEGIN
    IF EXISTS (SELECT FROM accounting_bookingtemplate t WHERE t.company_id = NEW.company_id AND t.id = wanted
                  AND t.line_count <> (SELECT count(*) FROM accounting_bookingtemplateline l
                                        WHERE l.company_id = t.company_id AND l.template_id = t.id)) THEN
        RAISE EXCEPTION 'template % does not have the lines it says', wanted
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'booking_template_is_written_whole';
    END IF;
    RETURN NULL;
END $$
"""


def checked_whole(table: str, events: str) -> migrations.RunSQL:
    """Count the lines at the end of each transaction that wrote the table."""
    return migrations.RunSQL(
        f"CREATE CONSTRAINT TRIGGER booking_template_is_written_whole AFTER {events} ON {table} DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION accounting_template_is_whole()",
        f"DROP TRIGGER booking_template_is_written_whole ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0009_line_key_index_last"),
        ("companies", "0004_indexes_by_company"),
    ]

    operations = [
        migrations.CreateModel(
            name="BookingTemplate",
            fields=[
                ("id", models.UUIDField(default=ledgerlou.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("sort_key", models.CharField(max_length=255)),
                ("description", models.CharField(blank=True, max_length=500, verbose_name="text")),
                ("external_reference", models.CharField(blank=True, max_length=500, verbose_name="reference")),
                ("line_count", models.PositiveSmallIntegerField(verbose_name="lines")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_by", models.CharField(max_length=200, verbose_name="created by")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
            ],
            options={
                "verbose_name": "recurring booking",
                "verbose_name_plural": "recurring bookings",
            },
        ),
        migrations.CreateModel(
            name="BookingTemplateLine",
            fields=[
                ("id", models.UUIDField(default=ledgerlou.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("position", models.PositiveSmallIntegerField()),
                ("account", models.CharField(max_length=9, verbose_name="account")),
                ("debit", ledgerlou.money.EuroField(verbose_name="debit")),
                ("credit", ledgerlou.money.EuroField(verbose_name="credit")),
                ("tax_code", models.CharField(blank=True, max_length=20, null=True, verbose_name="tax code")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="accounting.bookingtemplate",
                    ),
                ),
            ],
            options={
                "verbose_name": "line",
                "verbose_name_plural": "lines",
            },
        ),
        migrations.AddConstraint(
            model_name="bookingtemplate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True)), fields=("company", "name"), name="booking_template_name_once_while_active"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingtemplate",
            constraint=models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="booking_template_has_a_name"),
        ),
        migrations.AddConstraint(
            model_name="bookingtemplate",
            constraint=models.CheckConstraint(condition=models.Q(("line_count__gte", 1)), name="booking_template_has_lines"),
        ),
        migrations.AddConstraint(
            model_name="bookingtemplateline",
            constraint=models.UniqueConstraint(fields=("company", "template", "position"), name="booking_template_line_once_per_position"),
        ),
        migrations.AddConstraint(
            model_name="bookingtemplateline",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("credit", 0), ("debit__gte", 0)), models.Q(("credit__gte", 0), ("debit", 0)), _connector="OR"),
                name="booking_template_line_has_one_side",
            ),
        ),
        company_table(TEMPLATE, update=("name", "sort_key", "is_active")),
        company_table(LINE),
        composite_key(TEMPLATE),
        composite_key(LINE),
        composite_fk(LINE, "company_id, template_id", TEMPLATE, "company_id, id", name="booking_template_line_template"),
        composite_fk(LINE, "company_id, account", "accounting_account", "company_id, number", name="booking_template_line_account"),
        composite_fk(LINE, "company_id, tax_code", "accounting_taxcode", "company_id, code", name="booking_template_line_tax_code"),
        history(TEMPLATE),
        append_only(LINE),
        migrations.RunSQL(WRITTEN_WHOLE, "DROP FUNCTION accounting_template_is_whole()"),
        checked_whole(TEMPLATE, "INSERT OR UPDATE"),
        checked_whole(LINE, "INSERT"),
    ]
