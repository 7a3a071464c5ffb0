import pytest
from tests.admin.books import PASSWORD
pytestmark = pytest.mark.browser
def test_pdf(page, books, page_faults):
    page.goto("/admin/"); page.locator("[name=username]").fill(books.people["owner"].email)
    page.locator("[name=password]").fill(PASSWORD); page.locator("#login-form button").click()
    page.on("console", lambda m: print("CONSOLE", m.text[:300]))
    page.goto(f"/admin/accounting/document/{books.document_id}/"); page.wait_for_timeout(4000)
    page.screenshot(path="/tmp/shots/pdf.png")
    print("FAULTS", [f[:200] for f in page_faults][:5])
