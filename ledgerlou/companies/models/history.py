"""The audit history of master data, rights, keys and settings (GoBD Rn. 107-112), written by the database itself."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """Who changed what, when, from which value to which. Rows are made by triggers and can never be changed.

    `company_id` is empty for changes of people outside a company (a password reset); `old` and `new` hold the changed
    columns only (all of them for an insert or delete); secrets are shown as `***`. `reason` is what the person gave, where a change
    asks for one (`companies/reason.py`).
    """

    id = models.BigAutoField(primary_key=True)
    company_id = models.UUIDField(null=True)
    at = models.DateTimeField(_("when"))
    actor = models.CharField(_("who"), max_length=200)
    table_name = models.CharField(_("what"), max_length=63)
    row_id = models.CharField(_("row"), max_length=64)
    action = models.CharField(_("action"), max_length=6)
    old = models.JSONField(_("before"), null=True)
    new = models.JSONField(_("after"), null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("audit history")
        indexes = [
            models.Index(fields=["company_id", "-id"], name="audit_entry_of_company"),
            models.Index(fields=["company_id", "table_name", "row_id", "id"], name="audit_entry_of_row"),
            models.Index(fields=["company_id", "table_name", "-id"], name="audit_entry_of_kind"),
            models.Index(fields=["company_id", "actor", "-id"], name="audit_entry_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.table_name} {self.row_id}"
