"""Sign in over the API: e-mail and password (and a second factor) for a session token."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django_otp.plugins.otp_totp.models import TOTPDevice

from ledgerlou import clock
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import Person, SessionToken
from ledgerlou.companies.services.people import CompanyOfPerson, active_person, companies_of
from ledgerlou.companies.services.secret_texts import digest_of, random_secret
from ledgerlou.errors import LedgerLouError, NotFound

SESSION_MARK: Final = "ls"
_NO_PASSWORD: Final = "!"  # noqa: S105 -- Django's mark for "cannot sign in"; checking against it runs one full hash


class WrongCredentials(LedgerLouError):
    """Address or password is wrong, or the person may not sign in; which of them is not said."""

    code, http_status, title = "WRONG_CREDENTIALS", 401, "Sign-in refused"


class OtpRequired(LedgerLouError):
    """The password is right; the six digits of the person's authenticator are missing, wrong or used."""

    code, http_status, title = "OTP_REQUIRED", 401, "Second factor needed"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """A new session. `token` is shown here and never again."""

    token: str
    expires_at: datetime
    person: Person
    company: CompanyOfPerson
    companies: tuple[CompanyOfPerson, ...]


def sign_in(*, email: str, password: str, now: datetime, otp: str | None = None, company_id: UUID | None = None) -> SignedIn:
    """Check who it is and open a session in one of their companies: `company_id`, else the first by name.

    Every address costs one password hash. Raises WrongCredentials, NotFound for a company the person does not belong to, and
    OtpRequired. After OtpRequired the edge commits all the same, because wrong digits count against the authenticator; so this
    service, unlike others, does not mark the edge's transaction for rollback.
    """
    person, companies = _known(email=email, password=password, today=clock.legal_day(now))
    if not _second_factor_fits(person, otp):
        if otp is None:
            raise OtpRequired("Give the six digits of your authenticator in `otp`.", pointer="/otp")
        raise OtpRequired("These digits are wrong or were used. Wait for the next ones.", pointer="/otp")
    company = next((company for company in companies if company_id in (None, company.company_id)), None)
    if company is None:
        raise NotFound("You do not belong to such a company.", pointer="/company_id")
    token, expires_at = _open_session(person=person, company=company, now=now)
    return SignedIn(token=token, expires_at=expires_at, person=person, company=company, companies=companies)


def _known(*, email: str, password: str, today: date) -> tuple[Person, tuple[CompanyOfPerson, ...]]:
    person = active_person(email=email)
    is_right = check_password(password, person.password if person else _NO_PASSWORD)
    companies = tuple(company for company in companies_of(person.id) if company.is_in_force(today)) if person and is_right else ()
    if person is None or not companies:
        raise WrongCredentials("The e-mail address or the password is wrong.")
    return person, companies


def _second_factor_fits(person: Person, otp: str | None) -> bool:
    """Whether one of the person's authenticators accepts the digits; true when there is none. Each code works once."""
    devices = list(TOTPDevice.objects.select_for_update().filter(user=person, confirmed=True).order_by("id"))
    if not devices:
        return True
    return otp is not None and any(device.verify_token(otp) for device in devices)


def _open_session(*, person: Person, company: CompanyOfPerson, now: datetime) -> tuple[str, datetime]:
    token = f"{SESSION_MARK}_{random_secret()}"
    expires_at = now + timedelta(hours=settings.SESSION_TOKEN_HOURS)
    actor = person_actor(person_id=person.id, label=person.name, role=company.role, channel="api")
    with company_transaction(company.company_id, actor=actor):
        SessionToken.objects.create(
            company_id=company.company_id, person=person, token_hash=digest_of(token), created_at=now, expires_at=expires_at
        )
        person.last_login = now
        person.save(update_fields=["last_login"])
    return token, expires_at
