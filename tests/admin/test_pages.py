"""Every page answers, for every role, with its safety headers."""

from tests.admin.books import Books


def test_pages_answer(books: Books) -> None:
    client = books.client()
    for address in (
        "/admin/",
        "/admin/accounting/event/",
        f"/admin/accounting/intent/{books.bookings['sale']}/",
        "/admin/accounting/account/",
        "/admin/accounting/taxcode/",
        "/admin/accounting/document/",
        f"/admin/accounting/document/{books.document_id}/",
        "/admin/periods/period/",
        "/admin/companies/company/",
        "/admin/companies/membership/",
        "/admin/companies/apikey/",
        "/admin/companies/auditentry/",
        "/admin/companies/apikey/new/",
        "/admin/companies/membership/invite/",
        "/admin/password/",
        "/admin/two-factor/",
        f"/admin/accounting/intent/{books.bookings['sale']}/?verify=1",
        f"/admin/accounting/intent/{books.bookings['rent']}/reverse/",
        "/admin/search/?s=Miete",
    ):
        reply = client.get(address, follow=True)
        assert reply.status_code == 200, reply.content[-3000:]
