import django.db.models.deletion
from django.db import migrations, models

from ledgerlou.companies.guards import APP

COLUMNS = "invited_at, invitation_mail_id"


class Migration(migrations.Migration):
    """Which mail told a member about the membership, so that people see whether it has left."""

    dependencies = [("companies", "0007_verification_run")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="invited_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="invitation written"),
        ),
        migrations.AddField(
            model_name="membership",
            name="invitation_mail",
            field=models.ForeignKey(
                db_index=False,
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="companies.outgoingmail",
            ),
        ),
        migrations.RunSQL(
            f"GRANT UPDATE ({COLUMNS}) ON companies_membership TO {APP}", f"REVOKE UPDATE ({COLUMNS}) ON companies_membership FROM {APP}"
        ),
    ]
