"""All addresses. Literal routes stand before routes with parameters, in each list and here."""

from importlib.util import find_spec

from django.urls import include, path, re_path
from django.views.generic import RedirectView

from ledgerlou.admin.site import site
from ledgerlou.api import docs, health, unknown
from ledgerlou.api.metrics import metrics

# The API, an app a line. An app without an API yet has no `api/urls.py`.
API = [
    name for name in ("accounting.api.urls", "periods.api.urls", "ledgerlou.companies.api.urls", "ledgerlou.api.urls") if find_spec(name)
]

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    *(path("v1/", include(name)) for name in API),
    re_path(r"^v1(?:/|$)", unknown.unknown_route),
    path("docs", docs.index),
    path("docs/swagger", docs.swagger),
    path("docs/redoc", docs.redoc),
    path("docs/errors", docs.errors),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics),
    path("admin/", site.urls),
]

handler400 = "ledgerlou.api.unknown.bad_request"
handler403 = "ledgerlou.api.unknown.forbidden"
handler404 = "ledgerlou.api.unknown.not_found"
handler500 = "ledgerlou.api.unknown.server_error"
