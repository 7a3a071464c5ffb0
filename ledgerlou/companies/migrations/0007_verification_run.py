"""Verifications of a company's books. A result is written once and stays."""

import django.db.models.deletion
from django.db import migrations, models

import ledgerlou.ids
from ledgerlou.companies.guards import company_table, composite_key

RUN = "companies_verificationrun"

# What was asked for stays as it was asked, and what was found as it was found.
KEEP_VERIFICATION = """
CREATE FUNCTION companies_keep_verification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.finished_at IS NULL
       AND (OLD.id, OLD.company_id, OLD.asked_by, OLD.asked_at, OLD.with_files)
           IS NOT DISTINCT FROM (NEW.id, NEW.company_id, NEW.asked_by, NEW.asked_at, NEW.with_files) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of a verification is refused: its result stays as it was found', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'verification_is_kept';
END $$
"""


class Migration(migrations.Migration):
    """The table with its fences."""

    dependencies = [("companies", "0006_audit_reason")]

    operations = [
        migrations.CreateModel(
            name="VerificationRun",
            fields=[
                ("id", models.UUIDField(default=ledgerlou.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("asked_by", models.CharField(max_length=200, verbose_name="asked for by")),
                ("asked_at", models.DateTimeField(verbose_name="asked for")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="begun")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                ("with_files", models.BooleanField(default=True, verbose_name="document files read")),
                ("line_count", models.BigIntegerField(blank=True, null=True, verbose_name="journal lines")),
                ("fault_count", models.BigIntegerField(blank=True, null=True, verbose_name="faults")),
                ("faults", models.JSONField(default=list, verbose_name="first faults")),
                ("head_hash", models.CharField(blank=True, max_length=64, verbose_name="last hash")),
                ("seconds", models.DecimalField(blank=True, decimal_places=3, max_digits=9, null=True, verbose_name="seconds")),
                ("error", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="companies.company"
                    ),
                ),
            ],
            options={
                "verbose_name": "verification",
                "verbose_name_plural": "verifications",
                "indexes": [models.Index(fields=["company", "-id"], name="verification_of_company")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at", None)), fields=("company",), name="verification_one_at_a_time"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("error", ""),
                                ("fault_count__isnull", True),
                                ("finished_at__isnull", True),
                                ("line_count__isnull", True),
                            ),
                            models.Q(
                                ("error", ""),
                                ("fault_count__isnull", False),
                                ("finished_at__isnull", False),
                                ("line_count__isnull", False),
                            ),
                            models.Q(
                                ("fault_count__isnull", True),
                                ("finished_at__isnull", False),
                                ("line_count__isnull", True),
                                models.Q(("error", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="verification_ends_with_result_or_error",
                    ),
                ],
            },
        ),
        company_table(
            RUN,
            update=("started_at", "attempts", "finished_at", "line_count", "fault_count", "faults", "head_hash", "seconds", "error"),
        ),
        composite_key(RUN),
        migrations.RunSQL(KEEP_VERIFICATION, "DROP FUNCTION companies_keep_verification()"),
        migrations.RunSQL(
            [
                f"CREATE TRIGGER keep_verification BEFORE UPDATE OR DELETE ON {RUN} "
                "FOR EACH ROW EXECUTE FUNCTION companies_keep_verification()",
                f"CREATE TRIGGER keep_verifications BEFORE TRUNCATE ON {RUN} FOR EACH STATEMENT EXECUTE FUNCTION ledgerlou_refuse_change()",
            ],
            [f"DROP TRIGGER keep_verification ON {RUN}", f"DROP TRIGGER keep_verifications ON {RUN}"],
        ),
    ]
