"""The API's own table: what was answered to which idempotency key."""

from django.db import models

from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet


class IdempotencyClaim(CompanyOwned):
    """One `Idempotency-Key` of one owner: the request it stands for and the answer it got.

    Claim, effect and answer are one transaction, so a row that others can see always has its answer. `owner_id` is the API key,
    or the person of a session; `path` carries the query string; `body_sha256` is over the raw bytes. Kept for a week.
    """

    owner_id = models.UUIDField()
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=6)
    path = models.TextField()
    body_sha256 = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(null=True)
    body = models.BinaryField(null=True)

    objects = CompanyQuerySet["IdempotencyClaim"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "owner_id", "key"], name="idempotency_key_once_per_owner")]
        indexes = [models.Index(fields=["company", "created_at"], name="idempotency_claim_by_age")]
