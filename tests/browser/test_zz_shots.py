import os
import pytest
from tests.admin.books import PASSWORD
pytestmark = pytest.mark.browser

def test_shots(page, books, page_faults):
    out = "/tmp/shots"; os.makedirs(out, exist_ok=True)
    lang = os.environ.get("SHOT_LANG", "en")
    for p in books.people.values():
        p.language = lang; p.save(update_fields=["language"])
    page.context.set_extra_http_headers({"accept-language": lang})
    def shot(name, path=None, full=False):
        if path: page.goto(path)
        page.wait_for_timeout(400)
        page.screenshot(path=f"{out}/{name}.png", full_page=full)
    shot("login", "/admin/")
    page.locator("[name=username]").fill(books.people["owner"].email)
    page.locator("[name=password]").fill("falsch"); page.locator("#login-form button").click(); shot("login_wrong")
    page.locator("[name=username]").fill(books.people["owner"].email)
    page.locator("[name=password]").fill(PASSWORD); page.locator("#login-form button").click()
    shot("desk")
    b = books.bookings
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for name, path in {
            "desk": "/admin/", "journal": "/admin/accounting/event/", "booking": f"/admin/accounting/intent/{b['sale']}/?verify=1",
            "reversal": f"/admin/accounting/intent/{b['reversal']}/", "reverse": f"/admin/accounting/intent/{b['rent']}/reverse/",
            "chart": "/admin/accounting/account/", "tax": "/admin/accounting/taxcode/", "docs": "/admin/accounting/document/",
            "doc": f"/admin/accounting/document/{books.document_id}/", "periods": "/admin/periods/period/", "company": "/admin/companies/company/",
            "people": "/admin/companies/membership/", "keys": "/admin/companies/apikey/", "newkey": "/admin/companies/apikey/new/",
            "invite": "/admin/companies/membership/invite/", "audit": "/admin/companies/auditentry/", "twofactor": "/admin/two-factor/",
            "password": "/admin/password/", "missing": "/admin/nowhere/",
        }.items():
            if os.environ.get("ONLY") and name not in os.environ["ONLY"].split(","): continue
            shot(f"{name}_{scheme}", path)
    print("FAULTS", page_faults)
