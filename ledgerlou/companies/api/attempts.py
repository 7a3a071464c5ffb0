"""How often somebody may try to sign in to an account, without letting strangers lock its owner out."""

import logging
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis import RedisError

from ledgerlou.api.address import client_address
from ledgerlou.api.throttle import count_attempt
from ledgerlou.companies.services.people import normal_email
from ledgerlou.companies.services.secret_texts import digest_of

log = logging.getLogger("ledgerlou.api")
_KNOWN_SECONDS: Final = 30 * 24 * 3600


def count_sign_in(http: HttpRequest, email: str) -> None:
    """Count an attempt on an account, whether it exists or not. Raises RateLimited.

    Addresses from which the account signed in during the last 30 days are counted apart: guesses from elsewhere use up an allowance of
    their own.
    """
    account = normal_email(email)
    bucket = f"{account} from {client_address(http)}" if _is_known(http, account) else account
    count_attempt(bucket, setting="LOGINS_PER_MINUTE")


def remember_sign_in(http: HttpRequest, email: str) -> None:
    """Note that this account signed in from this address."""
    try:
        cache.set(_note(http, normal_email(email)), 1, _KNOWN_SECONDS)
    except (RedisError, OSError) as fault:
        log.warning("Valkey cannot be reached, an address is not remembered: %s", fault)


def _is_known(http: HttpRequest, account: str) -> bool:
    try:
        return cache.get(_note(http, account)) is not None
    except (RedisError, OSError):
        return False  # then everybody shares the account's allowance, until Valkey is back


def _note(http: HttpRequest, account: str) -> str:
    """The name in the cache: keyed, so that the cache does not list who signs in from where."""
    return f"signed-in:{digest_of(f'{settings.SECRET_KEY} {account} {client_address(http)}')}"
