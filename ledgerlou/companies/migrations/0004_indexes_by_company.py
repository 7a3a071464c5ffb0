import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Secondary indexes of company tables begin with the company, so that the tables can be split by it."""

    dependencies = [("companies", "0003_outgoingmail_purpose")]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="created_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="created by",
            ),
        ),
        migrations.AlterField(
            model_name="sessiontoken",
            name="person",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(model_name="apikey", index=models.Index(fields=["company", "created_by"], name="api_key_of_person")),
        migrations.AddIndex(model_name="sessiontoken", index=models.Index(fields=["company", "person"], name="session_token_of_person")),
    ]
