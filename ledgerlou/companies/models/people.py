"""People, what they are in a company, and the ways in: keys, session tokens, invitation and reset tokens."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet
from ledgerlou.companies.roles import Role
from ledgerlou.ids import new_id


class Theme(models.TextChoices):
    """How the back office looks for a person."""

    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")
    AUTO = "auto", _("As the system")


class PersonManager(BaseUserManager["Person"]):
    """Finds people by their address, written in lower case."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """The person with this e-mail address."""
        return self.get(email=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """Someone who works with the books of one or several companies. Signs in with the e-mail address (kept in lower case).

    `theme` and `last_company_id` are habits, remembered across browsers and left out of the audit history. The last company is a
    proposal: whether the person still belongs to it is asked whenever it is used.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(_("language"), max_length=2, choices=[("de", "Deutsch"), ("en", "English")], default="de")
    is_active = models.BooleanField(_("active"), default=True)
    theme = models.CharField(_("appearance"), max_length=5, choices=Theme.choices, default=Theme.AUTO)
    last_company_id = models.UUIDField(_("last company"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"))

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="person_email_is_lower_case"),
            models.CheckConstraint(condition=models.Q(theme__in=Theme.values), name="person_theme_is_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name shown to others."""
        return self.name

    @property
    def is_staff(self) -> bool:
        """Everybody active may open the back office; what is seen there depends on the role in the company."""
        return self.is_active

    @property
    def is_superuser(self) -> bool:
        """Nobody stands above the companies: rights come from memberships alone."""
        return False

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """Django's model permissions are not used; admin classes ask the role."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        """See `has_perm`."""
        return False


class Membership(CompanyOwned):
    """A person's role in a company, until `valid_until` (inclusive) where one is set.

    `invitation_mail` is the newest mail that told the person about it, written at `invited_at`.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    invited_at = models.DateTimeField(_("invitation written"), null=True, blank=True)
    invitation_mail = models.ForeignKey(
        "companies.OutgoingMail", on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField(_("created"))

    objects = CompanyQuerySet["Membership"].as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["company", "person"], name="membership_once_per_person"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
            models.CheckConstraint(
                condition=~models.Q(role=Role.AUDITOR) | models.Q(valid_until__isnull=False), name="membership_auditor_has_an_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} ({self.get_role_display()})"


class ApiKey(CompanyOwned):
    """A key of a program, `ll_<prefix>_<secret>`, shown once. Acts for the person who made it, within its scopes."""

    prefix = models.CharField(_("prefix"), max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    name = models.CharField(_("name"), max_length=100)
    scopes = ArrayField(models.CharField(max_length=20), verbose_name=_("scopes"))
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("created by"))
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    objects = CompanyQuerySet["ApiKey"].as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        indexes = [
            models.Index(fields=["company", "created_at"], name="api_key_of_company"),
            models.Index(fields=["company", "created_by"], name="api_key_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (ll_{self.prefix})"


class SessionToken(CompanyOwned):
    """The answer to a login over the API: a random token, stored as its SHA-256, for one person in one company."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, db_index=False, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = CompanyQuerySet["SessionToken"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["company", "person"], name="session_token_of_person")]


class PasswordToken(models.Model):
    """A way to set a password once, sent by invitation or reset mail; stored as its SHA-256."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.person_id} until {self.expires_at:%Y-%m-%d %H:%M}"


class MailPurpose(models.TextChoices):
    """Whether a mail is ready to go or is written by the one who sends it."""

    TEXT = "text", "subject and body are ready"
    PASSWORD_RESET = "password_reset", "a reset link, if somebody signs in with the address"


class OutgoingMail(models.Model):
    """A mail to be sent: a row first, so that it is not lost. The body is emptied once it has left, since it may hold a token.

    `sent_at` is also set when there was nobody to send it to; `last_error` says so then.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.EmailField()
    purpose = models.CharField(max_length=14, choices=MailPurpose.choices, default=MailPurpose.TEXT)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    reply_to = models.EmailField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="outgoing_mail_waiting", condition=models.Q(sent_at=None))]

    def __str__(self) -> str:
        return f"{self.purpose} to {self.recipient}"
