from django.db import migrations, models


class Migration(migrations.Migration):
    """Password resets are written when they are sent."""

    dependencies = [("companies", "0002_guards")]

    operations = [
        migrations.AddField(
            model_name="outgoingmail",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("text", "subject and body are ready"),
                    ("password_reset", "a reset link, if somebody signs in with the address"),
                ],
                default="text",
                max_length=14,
            ),
        ),
    ]
