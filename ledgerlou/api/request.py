"""What a handler gets to see of a request."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from ledgerlou import clock
from ledgerlou.api.authentication import Caller
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.context import current_company
from ledgerlou.companies.models.company import Company


class ApiRequest:
    """A checked request: `query` and `data` hold values, not texts."""

    def __init__(self, *, http: HttpRequest, caller: Caller | None, query: Mapping[str, Any], dry_run: bool) -> None:
        self.http = http
        self.caller = caller
        self.query = query
        self.dry_run = dry_run
        self.data: Any = {}

    @property
    def company_id(self) -> UUID:
        """The company of the key or session, without a query."""
        return self._known_caller.company_id

    @cached_property
    def company(self) -> Company:
        """The company, loaded on first use."""
        return current_company(self.company_id)

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self._known_caller.actor

    @property
    def paging(self) -> dict[str, int]:
        """`offset` and `limit` as asked for, to be repeated in an envelope."""
        return {"offset": self.query["offset"], "limit": self.query["limit"]}

    @cached_property
    def now(self) -> datetime:
        """The moment of the request, UTC."""
        return clock.now()

    @cached_property
    def today(self) -> date:
        """The legal day of the request."""
        return clock.legal_day(self.now)

    @property
    def _known_caller(self) -> Caller:
        if self.caller is None:
            raise RuntimeError("A public operation has neither company nor actor.")
        return self.caller
