"""DATEV imports and the rows they booked: each row of a client once, whatever two imports do at the same time."""

import django.db.models.deletion
from django.db import migrations, models

import ledgerlou.ids
from ledgerlou.companies.guards import append_only, company_table, composite_fk, composite_key

IMPORT, ROW = "accounting_datevimport", "accounting_datevimportedrow"


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0006_document_history"),
        ("companies", "0003_outgoingmail_purpose"),
    ]

    operations = [
        migrations.CreateModel(
            name="DatevImport",
            fields=[
                ("id", models.UUIDField(default=ledgerlou.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("file_name", models.CharField(max_length=255, verbose_name="file name")),
                ("file_sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("header_version", models.PositiveSmallIntegerField(verbose_name="header version")),
                ("format_version", models.PositiveSmallIntegerField(verbose_name="format version")),
                ("client_key", models.CharField(max_length=40)),
                ("batch_key", models.TextField()),
                ("designation", models.TextField(blank=True, verbose_name="designation")),
                ("locked", models.BooleanField(verbose_name="locked in DATEV")),
                ("row_count", models.PositiveIntegerField(verbose_name="rows")),
                ("booked_count", models.PositiveIntegerField(verbose_name="booked")),
                ("known_count", models.PositiveIntegerField(verbose_name="known already")),
                ("changed_count", models.PositiveIntegerField(verbose_name="changed")),
                ("refused_count", models.PositiveIntegerField(verbose_name="refused")),
                ("sum_debit", models.DecimalField(decimal_places=2, max_digits=19, verbose_name="sum of S")),
                ("sum_credit", models.DecimalField(decimal_places=2, max_digits=19, verbose_name="sum of H")),
                ("report", models.JSONField(verbose_name="report")),
                ("imported_by", models.CharField(max_length=200, verbose_name="imported by")),
                ("created_at", models.DateTimeField(verbose_name="imported")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
            ],
            options={
                "verbose_name": "DATEV import",
                "verbose_name_plural": "DATEV imports",
            },
        ),
        migrations.CreateModel(
            name="DatevImportedRow",
            fields=[
                ("id", models.UUIDField(default=ledgerlou.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("line", models.PositiveIntegerField(verbose_name="line")),
                ("identity", models.CharField(max_length=80)),
                ("fingerprint", models.CharField(max_length=64)),
                ("features", models.JSONField()),
                ("raw", models.JSONField(verbose_name="fields")),
                ("position", models.PositiveIntegerField()),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
                (
                    "datev_import",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="accounting.datevimport",
                    ),
                ),
                (
                    "intent",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="datev_rows",
                        to="accounting.intent",
                    ),
                ),
            ],
            options={
                "verbose_name": "imported DATEV row",
                "verbose_name_plural": "imported DATEV rows",
            },
        ),
        migrations.AddIndex(
            model_name="datevimport",
            index=models.Index(fields=["company", "client_key"], name="datev_import_client"),
        ),
        migrations.AddConstraint(
            model_name="datevimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("file_sha256__regex", "^[0-9a-f]{64}$")), name="datev_import_sha256_is_hex"
            ),
        ),
        migrations.AddConstraint(
            model_name="datevimport",
            constraint=models.CheckConstraint(condition=models.Q(("booked_count__gte", 1)), name="datev_import_booked_something"),
        ),
        migrations.AddConstraint(
            model_name="datevimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    row_count=models.F("booked_count") + models.F("known_count") + models.F("changed_count") + models.F("refused_count")
                ),
                name="datev_import_counts_every_row",
            ),
        ),
        migrations.AddIndex(
            model_name="datevimportedrow",
            index=models.Index(fields=["company", "intent"], name="datev_row_of_booking"),
        ),
        migrations.AddConstraint(
            model_name="datevimportedrow",
            constraint=models.UniqueConstraint(fields=("company", "identity"), name="datev_row_imported_once"),
        ),
        migrations.AddConstraint(
            model_name="datevimportedrow",
            constraint=models.UniqueConstraint(fields=("company", "datev_import", "line"), name="datev_row_line_once_per_import"),
        ),
        migrations.AddConstraint(
            model_name="datevimportedrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("fingerprint__regex", "^[0-9a-f]{64}$")), name="datev_row_fingerprint_is_hex"
            ),
        ),
        company_table(IMPORT),
        company_table(ROW),
        composite_key(IMPORT),
        composite_key(ROW),
        composite_fk(ROW, "company_id, datev_import_id", IMPORT, "company_id, id", name="datev_row_import"),
        composite_fk(ROW, "company_id, intent_id", "accounting_intent", "company_id, id", name="datev_row_intent"),
        append_only(IMPORT),
        append_only(ROW),
    ]
