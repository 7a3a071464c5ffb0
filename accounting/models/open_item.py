"""Open items (offene Posten): what a customer or vendor still owes, born and settled by bookings."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounting.models.journal import Intent
from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet
from ledgerlou.money import EuroField


class OpenItem(CompanyOwned):
    """An amount on an item account that waits to be settled. Never changed; what is left is computed.

    `amount` is debit minus credit in euros: a claim is positive, a debt negative. `position` is the event that bore it.
    """

    intent = models.ForeignKey(Intent, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="open_items")
    account = models.CharField(_("account"), max_length=9)
    position = models.PositiveIntegerField()
    booking_date = models.DateField(_("date"))
    due_date = models.DateField(_("due"))
    reference = models.CharField(_("reference"), max_length=500, null=True)  # noqa: DJ001 -- null like the booking's reference
    amount = EuroField(_("amount"))
    fx_currency = models.CharField(max_length=3, null=True)  # noqa: DJ001 -- euro items have none
    fx_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)

    objects = CompanyQuerySet["OpenItem"].as_manager()

    class Meta:
        verbose_name = _("open item")
        verbose_name_plural = _("open items")
        constraints = [
            models.UniqueConstraint(fields=["company", "intent", "account", "position"], name="open_item_once_per_position"),
            models.CheckConstraint(condition=~models.Q(amount=0), name="open_item_is_not_zero"),
        ]
        indexes = [models.Index(fields=["company", "account", "booking_date", "id"], name="open_item_account")]


class Settlement(CompanyOwned):
    """What a booking did to an open item. `movement` is debit minus credit in euros, so what is left is amount plus movements."""

    open_item = models.ForeignKey(OpenItem, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="settlements")
    intent = models.ForeignKey(Intent, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="settlements")
    account = models.CharField(_("account"), max_length=9)
    booking_date = models.DateField(_("date"))
    movement = EuroField(_("amount"))
    fx_movement = models.DecimalField(max_digits=19, decimal_places=4, null=True)

    objects = CompanyQuerySet["Settlement"].as_manager()

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            models.UniqueConstraint(fields=["company", "intent", "open_item"], name="settlement_once_per_item"),
            models.CheckConstraint(condition=~models.Q(movement=0), name="settlement_is_not_zero"),
        ]
        indexes = [models.Index(fields=["company", "open_item"], name="settlement_of_item")]
