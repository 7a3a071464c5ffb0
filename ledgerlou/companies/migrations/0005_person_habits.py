"""What a person finds again: the look and the last company. Habits make no entry in the audit history, as the last sign-in makes none."""

from django.db import migrations, models

from ledgerlou.companies.guards import history

PERSON = "companies_person"


def without_history() -> migrations.RunSQL:
    """Take the trigger off before it is made anew, and make the former one again on the way back."""
    before = history(PERSON, company_column="", hide=("password",), ignore=("last_login",))
    return migrations.RunSQL(sql=f"DROP TRIGGER audit_history ON {PERSON}", reverse_sql=before.sql)


class Migration(migrations.Migration):
    """`theme` and `last_company_id` on people."""

    dependencies = [("companies", "0004_indexes_by_company")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="theme",
            field=models.CharField(
                choices=[("light", "Light"), ("dark", "Dark"), ("auto", "As the system")],
                default="auto",
                max_length=5,
                verbose_name="appearance",
            ),
        ),
        migrations.AddField(
            model_name="person", name="last_company_id", field=models.UUIDField(editable=False, null=True, verbose_name="last company")
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(condition=models.Q(theme__in=["light", "dark", "auto"]), name="person_theme_is_known"),
        ),
        without_history(),
        history(PERSON, company_column="", hide=("password",), ignore=("last_login", "theme", "last_company_id")),
    ]
