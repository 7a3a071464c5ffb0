"""Uploads at the same moment, with real commits: one file, one row, and nobody takes away a file that another relies on."""

import contextlib
import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounting.models.document import Document
from accounting.services.documents import remove_unreferenced_files
from ledgerlou import clock
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.rollback import undoing_after_rollback
from tests.accounting.test_documents import Stop, all_files, place_of, store
from tests.accounting.vouchers import PDF
from tests.conftest import new_company

pytestmark = pytest.mark.usefixtures("real_commits")


def test_rolled_back_upload_does_not_take_the_file_from_another(actor, files):
    """The second upload finds the first one's file, commits; the first rolls back and must leave the file alone."""
    company = new_company()
    second_waits, first_may_end = threading.Event(), threading.Event()

    def first() -> None:
        with contextlib.suppress(Stop), undoing_after_rollback(), company_transaction(company.id):
            store(company, actor)
            second_waits.set()
            first_may_end.wait(timeout=20)
            raise Stop
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    second_waits.wait(timeout=20)
    threading.Timer(0.3, first_may_end.set).start()
    with company_transaction(company.id):
        document = store(company, actor)
    thread.join(timeout=30)

    assert all_files(files) == [place_of(company)]
    with company_transaction(company.id):
        assert [row.id for row in Document.objects.of(company)] == [document.id]


def test_two_at_once_store_the_same_content_once(actor, files):
    company = new_company()
    together, stored = threading.Barrier(2), []

    def run() -> None:
        together.wait(timeout=20)
        with company_transaction(company.id):
            stored.append(store(company, actor).id)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(stored) == 2
    assert stored[0] == stored[1]
    assert all_files(files) == [place_of(company)]


def test_sweeper_leaves_a_file_that_an_upload_has_begun_to_rely_on(actor, files):
    company = new_company()
    path = files / place_of(company)
    path.parent.mkdir(parents=True)
    path.write_bytes(PDF)
    stored, upload_may_end = threading.Event(), threading.Event()

    def upload() -> None:
        with company_transaction(company.id):
            store(company, actor)
            stored.set()
            upload_may_end.wait(timeout=20)
        connection.close()

    thread = threading.Thread(target=upload)
    thread.start()
    stored.wait(timeout=20)
    threading.Timer(0.3, upload_may_end.set).start()
    with company_transaction(company.id):
        removed = remove_unreferenced_files(company_id=company.id, before=clock.now() + timedelta(seconds=1))
    thread.join(timeout=30)

    assert (removed, all_files(files)) == (0, [place_of(company)])
