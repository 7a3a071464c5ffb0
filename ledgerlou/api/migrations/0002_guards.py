"""The fence of the idempotency claims."""

from django.db import migrations

from ledgerlou.companies.guards import company_table, composite_key


class Migration(migrations.Migration):
    """Row-level security; the application claims, stores the answer, takes over what has expired, and forgets."""

    dependencies = [("api", "0001_initial"), ("companies", "0002_guards")]

    operations = [
        company_table(
            "api_idempotencyclaim",
            update=("method", "path", "body_sha256", "created_at", "status", "headers", "body"),
            delete=True,
        ),
        composite_key("api_idempotencyclaim"),
    ]
