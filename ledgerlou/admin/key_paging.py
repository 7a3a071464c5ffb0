"""Pages by key: rows before or after a key, read through its index. No offset into millions, no count of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from unfold.views import ChangeList

from ledgerlou.admin.request import CompanyRequest

if TYPE_CHECKING:
    from django.http.request import _ImmutableQueryDict

OLDER: Final = "older"
NEWER: Final = "newer"


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPage:
    """The ways on from a page; an empty address where there is nothing more."""

    newest: str
    newer: str
    older: str
    template_name: ClassVar[str] = "admin/key_pagination.html"


class KeyChangeList(ChangeList):  # type: ignore[misc]  # unfold ships no types
    """A list in descending order of the admin class's `page_key`."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self._older, self._newer = request.GET.get(OLDER), request.GET.get(NEWER)
        # Filters, search and sorting build their links from the query: a new filter starts at the newest row again.
        query = request.GET.copy()
        query.pop(OLDER, None)
        query.pop(NEWER, None)
        request.GET = cast("_ImmutableQueryDict", query)
        super().__init__(request, *args, **kwargs)

    def get_results(self, request: CompanyRequest) -> None:
        """One page of rows and one row more, to know whether it goes on."""
        key = self.model_admin.page_key
        rows = self.queryset.order_by(f"-{key}")
        try:
            if self._newer:
                found = list(rows.filter(**{f"{key}__gt": self._newer}).order_by(key)[: self.list_per_page + 1])
            elif self._older:
                found = list(rows.filter(**{f"{key}__lt": self._older})[: self.list_per_page + 1])
            else:
                found = list(rows[: self.list_per_page + 1])
        except (ValueError, ValidationError) as error:  # an address that somebody has changed by hand
            raise IncorrectLookupParameters(error) from error
        goes_on = len(found) > self.list_per_page
        page = found[: self.list_per_page]
        if self._newer:
            page.reverse()
        self.result_list = page
        self.result_count = self.full_result_count = len(page)
        self.show_full_result_count = self.show_admin_actions = self.can_show_all = self.multi_page = False
        self.paginator = self._ways(page, key, goes_on=goes_on)

    def _ways(self, page: list[Model], key: str, *, goes_on: bool) -> KeyPage:
        has_newer = bool(page) and (bool(self._older) or (bool(self._newer) and goes_on))
        has_older = bool(page) and (bool(self._newer) or goes_on)
        return KeyPage(
            newest=self.get_query_string() if self._older or self._newer else "",
            newer=self.get_query_string({NEWER: getattr(page[0], key)}) if has_newer else "",
            older=self.get_query_string({OLDER: getattr(page[-1], key)}) if has_older else "",
        )
