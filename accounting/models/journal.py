"""The journal: intents (headers of bookings), events (transfers between two accounts), its head, and month balances.

Only `accounting.posting` writes here, and the database lets nobody change what was written.
"""

from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounting.models.document import Document
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet
from ledgerlou.ids import new_id
from ledgerlou.money import EuroField


class Intent(CompanyOwned):
    """The header of a booking. Never changed.

    `total` and `line_accounts` are the debit total and the accounts as they were sent (duplicate check, RULINGS 16);
    `event_count`, `item_count`, `settlement_count` say how many rows belong to it, so that none can be added or lost later;
    `items_sha256` seals those items and settlements themselves (form 2 of the hash; bookings without any have form 1);
    `custom_metadata` is the canonical JSON text that the hash covers; `fx_rate` is foreign units per euro.
    """

    booking_date = models.DateField(_("date"))
    period = models.CharField(_("period"), max_length=8)
    description = models.CharField(_("text"), max_length=1000)
    category = models.CharField(_("category"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=40)
    channel = models.CharField(_("channel"), max_length=12)
    actor_type = models.CharField(max_length=8)
    actor_label = models.CharField(_("booked by"), max_length=200)
    actor_person_id = models.UUIDField(null=True)
    actor_key_prefix = models.CharField(max_length=16, null=True)  # noqa: DJ001 -- only keys have one
    external_reference = models.CharField(_("reference"), max_length=500, null=True)  # noqa: DJ001 -- null as published
    custom_metadata = models.TextField(null=True)  # noqa: DJ001 -- null as published
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="intents")
    document_sha256 = models.CharField(max_length=64, null=True)  # noqa: DJ001 -- bookings without a document
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="reversed_by"
    )
    general_reversal = models.BooleanField(_("Generalumkehr"), default=False)
    fx_currency = models.CharField(max_length=3, null=True)  # noqa: DJ001 -- euro bookings have none
    fx_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    fx_rate = models.DecimalField(max_digits=18, decimal_places=8, null=True)
    fx_rate_date = models.DateField(null=True)
    fx_rate_source = models.CharField(max_length=6, null=True)  # noqa: DJ001 -- euro bookings have none
    total = EuroField(_("total"))
    total_cents = models.GeneratedField(
        expression=Cast(models.F("total") * 100, models.BigIntegerField()),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    line_accounts = models.TextField()
    event_count = models.PositiveIntegerField()
    item_count = models.PositiveIntegerField(default=0)
    settlement_count = models.PositiveIntegerField(default=0)
    items_sha256 = models.CharField(max_length=64, null=True)  # noqa: DJ001 -- bookings without items and settlements
    created_at = models.DateTimeField(_("recorded"))

    objects = CompanyQuerySet["Intent"].as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "reverses"], condition=models.Q(reverses__isnull=False), name="intent_reversed_once"
            ),
            models.CheckConstraint(condition=models.Q(event_count__gte=1), name="intent_has_events"),
            models.CheckConstraint(condition=models.Q(total__gt=0), name="intent_total_is_positive"),
            models.CheckConstraint(
                condition=models.Q(general_reversal=False) | models.Q(source__startswith="import") | models.Q(reverses__isnull=False),
                name="intent_general_reversal_reverses",
            ),
            models.CheckConstraint(
                condition=models.Q(fx_currency=None, fx_amount=None, fx_rate=None, fx_rate_date=None, fx_rate_source=None)
                | models.Q(
                    fx_amount__gt=0,
                    fx_amount__isnull=False,
                    fx_currency__isnull=False,
                    fx_rate__gt=0,
                    fx_rate__isnull=False,
                    fx_rate_date__isnull=False,
                    fx_rate_source__isnull=False,
                ),
                name="intent_fx_is_whole_or_absent",
            ),
            models.CheckConstraint(
                condition=models.Q(document=None, document_sha256=None) | models.Q(document__isnull=False, document_sha256__isnull=False),
                name="intent_document_has_its_hash",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "booking_date", "total_cents"], name="intent_duplicates"),
            models.Index(fields=["company", "source"], name="intent_source"),
            models.Index(fields=["company", "id"], name="intent_general_reversal", condition=models.Q(general_reversal=True)),
            models.Index(
                fields=["company", "external_reference"], name="intent_reference", condition=models.Q(external_reference__isnull=False)
            ),
            models.Index(fields=["company", "document"], name="intent_document", condition=models.Q(document__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.description


class Event(models.Model):
    """One transfer: a positive amount of euros from the credit account to the debit account. Never changed.

    `journal_number` counts from 1 without gaps per company; `audit_hash` seals the row and its intent, chained by
    `prev_hash` (64 zeros before the first). `fx_amount` is the share of the booking's foreign amount.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    journal_number = models.BigIntegerField(_("number"))
    intent = models.ForeignKey(Intent, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="events")
    booking_date = models.DateField(_("date"))
    period = models.CharField(_("period"), max_length=8)
    position = models.PositiveIntegerField()
    source_line = models.PositiveIntegerField()
    account_debit = models.CharField(_("debit"), max_length=9)
    account_credit = models.CharField(_("credit"), max_length=9)
    amount = EuroField(_("amount"))
    amount_cents = models.GeneratedField(
        expression=Cast(models.F("amount") * 100, models.BigIntegerField()),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )
    tax_code = models.CharField(max_length=20, null=True)  # noqa: DJ001 -- most events have none
    tax_role = models.CharField(max_length=15, null=True)  # noqa: DJ001 -- most events have none
    fx_currency = models.CharField(max_length=3, null=True)  # noqa: DJ001 -- euro bookings have none
    fx_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    prev_hash = models.CharField(max_length=64)
    audit_hash = models.CharField(max_length=64)

    objects = CompanyQuerySet["Event"].as_manager()

    class Meta:
        verbose_name = _("journal line")
        verbose_name_plural = _("journal lines")
        constraints = [
            models.UniqueConstraint(fields=["company", "journal_number"], name="event_journal_number_is_unique"),
            models.UniqueConstraint(fields=["company", "intent", "position"], name="event_position_is_unique"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="event_amount_is_positive"),
            models.CheckConstraint(condition=~models.Q(account_debit=models.F("account_credit")), name="event_accounts_differ"),
            models.CheckConstraint(
                condition=models.Q(tax_code=None, tax_role=None)
                | models.Q(tax_code__isnull=False, tax_role__in=["base", "tax", "self_assessment"], tax_role__isnull=False),
                name="event_tax_code_has_a_role",
            ),
            models.CheckConstraint(
                condition=models.Q(fx_amount=None, fx_currency=None)
                | models.Q(fx_amount__gte=0, fx_amount__isnull=False, fx_currency__isnull=False),
                name="event_fx_amount_has_a_currency",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "account_debit", "booking_date", "journal_number"], name="event_debit_account"),
            models.Index(fields=["company", "account_credit", "booking_date", "journal_number"], name="event_credit_account"),
            models.Index(fields=["company", "booking_date", "journal_number"], name="event_booking_date"),
            models.Index(fields=["company", "amount_cents", "journal_number"], name="event_amount"),
        ]

    def __str__(self) -> str:
        return str(self.journal_number)


class JournalHead(models.Model):
    """The one row per company that posting locks and the database moves. `lock_only` exists to be locked, never to be changed."""

    company = models.OneToOneField(Company, on_delete=models.PROTECT, primary_key=True, related_name="+")
    next_number = models.BigIntegerField(default=1)
    last_hash = models.CharField(max_length=64, default="0" * 64)
    lock_only = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(lock_only=False), name="journal_head_lock_only_is_false")]

    def __str__(self) -> str:
        return f"next {self.next_number}"


class AccountMonth(models.Model):
    """Debit and credit totals of an account in a period, moved by the database in the statement that writes the events."""

    pk = models.CompositePrimaryKey("company_id", "account", "period")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    account = models.CharField(max_length=9)
    period = models.CharField(max_length=8)
    debit = models.DecimalField(max_digits=19, decimal_places=2)
    credit = models.DecimalField(max_digits=19, decimal_places=2)

    objects = CompanyQuerySet["AccountMonth"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["company", "period", "account"], name="account_month_period")]

    def __str__(self) -> str:
        return f"{self.account} {self.period}"
