"""Passwords are set with a link that works once, and nobody learns whose address is known."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.models.people import OutgoingMail, PasswordToken, Person, SessionToken
from ledgerlou.companies.services.delivery import send_next_mail
from ledgerlou.companies.services.passwords import issue_password_token, request_password_reset, set_password
from ledgerlou.companies.services.people import has_password
from ledgerlou.companies.services.secret_texts import digest_of
from ledgerlou.errors import InvalidInput
from tests.companies.people import PASSWORD, member, refused, with_password
from tests.conftest import NOW, new_person, show_company

HOUR = timedelta(hours=1)


def session(company, person, text):
    show_company(company)
    return SessionToken.objects.create(company=company, person=person, token_hash=text, created_at=NOW, expires_at=NOW + HOUR)


def sessions(company):
    show_company(company)
    return list(SessionToken.objects.of(company).values_list("token_hash", flat=True).order_by("token_hash"))


@pytest.mark.parametrize(("language", "subject"), [("de", "Ihr neues Passwort für LedgerLou"), ("en", "Your new password for LedgerLou")])
def test_reset_mail_holds_a_link_that_sets_the_password(db, language, subject):
    person = with_password(new_person(email="rita@example.org"))
    Person.objects.filter(id=person.id).update(language=language)

    request_password_reset(email=" Rita@Example.org", now=NOW)
    send_next_mail(now=NOW)

    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["rita@example.org"], subject)
    token = sent.body.split("/admin/set-password/#")[1].split()[0]
    row = PasswordToken.objects.get(person=person)
    assert (row.token_hash, row.expires_at) == (digest_of(token), NOW + HOUR)
    set_password(token=token, password="ein ganz neues Kennwort", now=NOW)
    assert Person.objects.get(id=person.id).check_password("ein ganz neues Kennwort")


def test_request_runs_the_same_statements_for_every_address(db):
    with_password(new_person(email="known@example.org"))
    inactive = with_password(new_person(email="gone@example.org"))
    Person.objects.filter(id=inactive.id).update(is_active=False)

    statements = []
    for address in ("known@example.org", "gone@example.org", "nobody@example.org"):
        with CaptureQueriesContext(connection) as captured:
            request_password_reset(email=address, now=NOW)
        statements.append([query["sql"].split("VALUES")[0] for query in captured])

    assert statements[0] == statements[1] == statements[2]
    assert [statement.split(" (")[0] for statement in statements[0]] == ['INSERT INTO "companies_outgoingmail"']
    assert not PasswordToken.objects.exists()


@pytest.mark.parametrize("known_but_inactive", [True, False])
def test_reset_for_an_address_nobody_signs_in_with_sends_nothing(db, known_but_inactive):
    if known_but_inactive:
        person = new_person(email="who@example.org")
        Person.objects.filter(id=person.id).update(is_active=False)
    request_password_reset(email="who@example.org", now=NOW)

    send_next_mail(now=NOW)

    assert mail.outbox == []
    assert not PasswordToken.objects.exists()
    row = OutgoingMail.objects.get()
    assert (row.sent_at, row.last_error) == (NOW, "not sent: nobody signs in with this address")


def test_new_password_ends_all_sessions_of_the_person_in_every_company(other_company, company):
    membership = member(company)
    person = membership.person
    show_company(other_company)
    there = member(other_company)
    type(there).objects.create(company=other_company, person=person, role="bookkeeper", created_at=NOW)
    session(company, person, "here"), session(other_company, person, "there")
    session(company, new_person(), "somebody"), session(other_company, there.person, "colleague")
    token = issue_password_token(person=person, valid_for=HOUR, now=NOW)

    set_password(token=token, password=PASSWORD, now=NOW)

    assert (sessions(company), sessions(other_company)) == (["somebody"], ["colleague"])


def test_token_works_once_and_takes_the_other_tokens_of_the_person_with_it(db):
    person, other = new_person(), new_person()
    first, second = (issue_password_token(person=person, valid_for=HOUR, now=NOW) for _ in range(2))
    elsewhere = issue_password_token(person=other, valid_for=HOUR, now=NOW)
    set_password(token=first, password=PASSWORD, now=NOW)

    for token in (first, second):
        with refused(InvalidInput) as refusal:
            set_password(token=token, password="noch ein anderes Kennwort", now=NOW)
        assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [("/token", "INVALID_INPUT")]

    assert Person.objects.get(id=person.id).check_password(PASSWORD)
    set_password(token=elsewhere, password=PASSWORD, now=NOW)


def test_token_expires_to_the_second(db):
    person = new_person()
    token = issue_password_token(person=person, valid_for=HOUR, now=NOW)

    with refused(InvalidInput) as refusal:
        set_password(token=token, password=PASSWORD, now=NOW + HOUR)

    assert [fault.pointer for fault in refusal.value.faults] == ["/token"]
    set_password(token=token, password=PASSWORD, now=NOW + HOUR - timedelta(seconds=1))


def test_token_of_somebody_inactive_is_refused(db):
    person = new_person()
    token = issue_password_token(person=person, valid_for=HOUR, now=NOW)
    Person.objects.filter(id=person.id).update(is_active=False)

    with refused(InvalidInput):
        set_password(token=token, password=PASSWORD, now=NOW)


def test_all_faults_of_token_and_password_come_together(db):
    with refused(InvalidInput) as refusal:
        set_password(token="made up", password="password", now=NOW)

    assert [fault.pointer for fault in refusal.value.faults] == ["/token", "/password", "/password"]


def test_weak_password_leaves_the_token_unused(db):
    person = new_person("Rosalinde Feinbein", "rosalinde.feinbein@example.org")
    token = issue_password_token(person=person, valid_for=HOUR, now=NOW)

    with refused(InvalidInput) as refusal:
        set_password(token=token, password="rosalinde.feinbein", now=NOW)

    assert [fault.pointer for fault in refusal.value.faults] == ["/password"]
    assert PasswordToken.objects.get().used_at is None
    assert not has_password(Person.objects.get(id=person.id))


def test_passwords_are_stored_with_argon2(db):
    person = new_person()

    set_password(token=issue_password_token(person=person, valid_for=HOUR, now=NOW), password=PASSWORD, now=NOW)

    assert Person.objects.get(id=person.id).password.startswith("argon2$argon2id$")


def test_history_names_the_person_and_hides_the_password(company):
    person = member(company).person

    set_password(token=issue_password_token(person=person, valid_for=HOUR, now=NOW), password=PASSWORD, now=NOW)

    show_company(company)
    entry = AuditEntry.objects.filter(table_name="companies_person", row_id=str(person.id)).latest("id")
    assert (entry.actor, entry.action, entry.company_id) == ("Max Beispiel", "update", None)
    assert (entry.old, entry.new) == ({"password": "***"}, {"password": "***"})
