"""How many requests a minute: counted in Valkey, atomically, one round trip.

When Valkey cannot be reached, requests go on working: each process counts for itself until it is back (tried every few seconds), and the
log says so. Bookkeeping must not stop because a counter is away; guessing passwords stays limited per process.
"""

import logging
import math
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import redis
from django.conf import settings
from django.http import HttpRequest

from ledgerlou.api.errors import RateLimited

log = logging.getLogger("ledgerlou.api")
WINDOW_MS: Final = 60_000
RETRY_AFTER_FAILURE_SECONDS: Final = 5.0
COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    left = tonumber(ARGV[1])
end
return {count, left}
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a minute."""

    limit: int
    used: int
    reset_seconds: int

    @property
    def exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.used > self.limit

    @property
    def remaining(self) -> int:
        """Requests left until the reset."""
        return max(self.limit - self.used, 0)


class _LocalCounter:
    """Counts in this process while Valkey is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, float]] = {}

    def count(self, bucket: str) -> tuple[int, int]:
        """The same answer as the script: how many so far, and milliseconds until the window ends."""
        now = time.monotonic()
        with self._lock:
            if len(self._windows) > 10_000:
                self._windows = {name: window for name, window in self._windows.items() if window[1] > now}
            used, ends = self._windows.get(bucket, (0, 0.0))
            if ends <= now:
                used, ends = 0, now + WINDOW_MS / 1000
            self._windows[bucket] = (used + 1, ends)
        return used + 1, math.ceil((ends - now) * 1000)


_local = _LocalCounter()
_away_until = 0.0


@lru_cache(maxsize=1)
def _script() -> "redis.commands.core.Script":
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, protocol=2)
    return client.register_script(COUNT)


def count(bucket: str, limit: int) -> Allowance:
    """Count one request of a bucket. Windows are a minute long and begin with the first request."""
    global _away_until
    name = f"ledgerlou:rate:{bucket}"
    if time.monotonic() < _away_until:
        used, left = _local.count(name)
    else:
        try:
            used, left = _script()(keys=[name], args=[WINDOW_MS])
        except (redis.RedisError, OSError, ValueError) as fault:
            _away_until = time.monotonic() + RETRY_AFTER_FAILURE_SECONDS
            log.warning("Valkey cannot be reached, requests are counted per process: %s", fault)
            used, left = _local.count(name)
    return Allowance(limit=limit, used=used, reset_seconds=math.ceil(left / 1000))


def require_allowance(allowance: Allowance) -> None:
    """Refuse a request beyond the limit. Raises RateLimited."""
    if allowance.exceeded:
        raise RateLimited(
            f"More than {allowance.limit} requests in a minute. Go on in {allowance.reset_seconds} s.",
            headers={"Retry-After": str(allowance.reset_seconds)},
            limit=allowance.limit,
        )


def count_request(http: HttpRequest, bucket: str, limit: int) -> Allowance:
    """Count a request and remember the allowance for its headers."""
    allowance = count(bucket, limit)
    http.META["ledgerlou.allowance"] = allowance
    return allowance


def count_attempt(bucket: str, *, setting: str) -> None:
    """Count an attempt on an account, wherever it comes from. Raises RateLimited."""
    require_allowance(count(f"account:{bucket.strip().lower()}", getattr(settings, setting)))
