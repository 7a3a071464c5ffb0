"""Mail leaves once, late rather than never, and forgets its links."""

import smtplib
import threading
from datetime import timedelta
from unittest import mock

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection, transaction

from ledgerlou import clock
from ledgerlou.companies.models.people import OutgoingMail, PasswordToken
from ledgerlou.companies.services.contact import receive_contact_message
from ledgerlou.companies.services.delivery import MAX_ATTEMPTS, send_next_mail
from ledgerlou.companies.services.mail import queue_mail, queue_password_reset
from ledgerlou.companies.tasks import send_waiting_mail
from tests.companies.people import with_password
from tests.conftest import NOW, new_person

MINUTE = timedelta(minutes=1)


def waiting(recipient="a@example.org", *, now=NOW, message="Guten Tag"):
    context = {"name": "Alma", "email": recipient, "message": message}
    return queue_mail(recipient=recipient, template="contact", language="en", context=context, now=now, reply_to="alma@example.org")


def fields(row):
    row.refresh_from_db()
    return row.attempts, row.sent_at, row.last_error


@pytest.fixture
def server_away():
    """A mail server (outside our machine) that refuses everything."""
    refusal = smtplib.SMTPServerDisconnected("please come back")
    with mock.patch.object(EmailMessage, "send", autospec=True, side_effect=refusal) as send:
        yield send


def test_mail_is_sent_and_its_body_forgotten(db):
    row = waiting(message="Eins\n\nZwei")

    assert send_next_mail(now=NOW) == row.id

    [sent] = mail.outbox
    assert (sent.to, sent.reply_to, sent.subject) == (["a@example.org"], ["alma@example.org"], "Contact form: Alma")
    assert sent.body == "From: Alma <a@example.org>\n\nEins\n\nZwei\n"
    assert sent.extra_headers == {"Auto-Submitted": "auto-generated"}
    assert fields(row) == (1, NOW, "")
    assert row.body == ""
    assert send_next_mail(now=NOW + MINUTE) is None


def test_oldest_mail_goes_first_and_skipped_ones_wait(db):
    second, first = waiting("second@example.org"), waiting("first@example.org", now=NOW - MINUTE)

    assert send_next_mail(now=NOW, skip={first.id}) == second.id
    assert send_next_mail(now=NOW) == first.id
    assert [sent.to for sent in mail.outbox] == [["second@example.org"], ["first@example.org"]]


def test_failure_is_noted_and_tried_again_with_growing_pauses(db, server_away):
    row = waiting()

    assert send_next_mail(now=NOW) == row.id
    assert fields(row) == (1, None, "SMTPServerDisconnected: please come back")
    assert row.body != ""
    for attempt in range(1, MAX_ATTEMPTS):
        due = NOW + (2**attempt - 1) * MINUTE
        assert send_next_mail(now=due - timedelta(seconds=1)) is None
        assert send_next_mail(now=due) == row.id

    assert send_next_mail(now=NOW + timedelta(days=900)) is None
    assert fields(row)[:2] == (MAX_ATTEMPTS, None)


def test_mail_leaves_when_the_server_is_back(db, server_away):
    row = waiting()
    send_next_mail(now=NOW)
    server_away.side_effect = None

    send_next_mail(now=NOW + MINUTE)

    assert fields(row) == (2, NOW + MINUTE, "")


def test_link_of_a_mail_that_did_not_leave_is_forgotten(db, server_away):
    with_password(new_person(email="rita@example.org"))
    queue_password_reset(recipient="rita@example.org", now=NOW)

    send_next_mail(now=NOW)
    assert not PasswordToken.objects.exists()
    server_away.side_effect = None
    send_next_mail(now=NOW + MINUTE)

    assert PasswordToken.objects.get().created_at == NOW + MINUTE


def test_log_of_a_failure_names_neither_address_nor_text(db, server_away, caplog):
    row = waiting("secret.address@example.org", message="secret text")

    send_next_mail(now=NOW)

    [record] = [record for record in caplog.records if record.name == "ledgerlou.companies.services.delivery"]
    text = record.getMessage()
    assert text == f"mail {row.id} was not sent, attempt 1 of {MAX_ATTEMPTS}: SMTPServerDisconnected"


def test_task_sends_everything_that_waits_and_tries_each_mail_once(db, server_away):
    rows = [waiting(f"{number}@example.org", now=NOW - timedelta(days=900)) for number in range(3)]

    assert send_waiting_mail() == 3

    assert [fields(row)[0] for row in rows] == [1, 1, 1]


def test_worker_is_woken_after_the_commit_and_not_before(db, django_capture_on_commit_callbacks):
    with mock.patch("celery.app.base.Celery.send_task", autospec=True) as send_task, django_capture_on_commit_callbacks(execute=True):
        waiting()
        send_task.assert_not_called()

    assert [call.args[1] for call in send_task.mock_calls] == ["companies.send_waiting_mail"]


def test_broker_that_is_away_stops_nobody(db, django_capture_on_commit_callbacks):
    no_broker = mock.patch("celery.app.base.Celery.send_task", autospec=True, side_effect=ConnectionError("no broker"))
    with no_broker as send_task, django_capture_on_commit_callbacks(execute=True):
        row = waiting()

    assert send_task.call_count == 1
    assert fields(row) == (0, None, "")


def test_two_workers_send_each_mail_once(real_commits):
    with mock.patch("celery.app.base.Celery.send_task", autospec=True), transaction.atomic():
        OutgoingMail.objects.filter(sent_at=None).update(sent_at=NOW)
        rows = [waiting(f"race{number}@example.org", now=clock.now()) for number in range(6)]
    both_hold_one, sent, lock = threading.Barrier(2, timeout=20), [], threading.Lock()

    def send_slowly(message, **options):
        with lock:
            sent.append(message.to[0])
            first_of_each = len(sent) <= 2
        if first_of_each:
            both_hold_one.wait()  # the other worker sends at this very moment, so it did not take this row
        return 1

    def work():
        try:
            send_waiting_mail()
        finally:
            connection.close()

    with mock.patch.object(EmailMessage, "send", autospec=True, side_effect=send_slowly):
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    assert sorted(sent) == [f"race{number}@example.org" for number in range(6)]
    assert [fields(row)[0] for row in rows] == [1] * 6


def test_contact_message_goes_to_the_operator_with_the_visitor_to_answer(db, settings):
    settings.CONTACT_ADDRESS = "office@example.org"

    receive_contact_message(name="Nils\nBcc: x@example.org", email="nils@example.org", message="Was kostet das?\nGruß", now=NOW)
    send_next_mail(now=NOW)

    [sent] = mail.outbox
    assert (sent.to, sent.reply_to) == (["office@example.org"], ["nils@example.org"])
    assert sent.subject == "Contact form: Nils Bcc: x@example.org"
    assert sent.body == "From: Nils Bcc: x@example.org <nils@example.org>\n\nWas kostet das?\nGruß\n"
