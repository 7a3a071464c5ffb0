"""Record who stored which document, so that a later change of its row behind the database's back can be found."""

from django.db import migrations

from ledgerlou.companies.guards import history


class Migration(migrations.Migration):
    """The bookings seal a document's content only; its name, type, uploader and keeping period stand in the audit history."""

    dependencies = [("accounting", "0005_master_data_guards")]

    operations = [history("accounting_document")]
