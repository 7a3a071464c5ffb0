"""Mails about locks: who gets one, in which language, what it says, and that nothing that did not happen is told."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from ledgerlou import clock
from ledgerlou.companies.models.people import Membership, OutgoingMail, Person
from ledgerlou.companies.roles import Role
from ledgerlou.companies.services.delivery import send_next_mail
from periods.closing import EarlierPeriodOpen, Statement, cancel_lock_request, expire_lock_requests, request_lock
from periods.locks import soft_lock_period
from periods.mails import period_link
from periods.models import LockRequest, Period
from periods.tasks import expire_all_lock_requests
from tests.companies.people import acting, member, owner_of, refused
from tests.periods.books import JANUARY, YEAR, approves, asks, book, committed_company, month

pytestmark = pytest.mark.django_db

ASKED, TO_APPROVE, LOCKED = "Antrag gestellt", "Bitte prüfen", "Festgeschrieben"
WITHDRAWN, EXPIRED = "Antrag zurückgezogen", "Antrag abgelaufen"


def mails() -> dict[str, str]:
    """Subject of the only mail that waits for each person, by name."""
    names = dict(Person.objects.values_list("email", "name"))
    found = [(names[mail.recipient], mail.subject.partition(":")[0]) for mail in OutgoingMail.objects.filter(sent_at=None)]
    assert len({name for name, _subject in found}) == len(found), found
    return dict(found)


def forget_mails() -> None:
    """As after all mails have left."""
    OutgoingMail.objects.update(sent_at=clock.now())


def mail_to(name: str) -> OutgoingMail:
    return OutgoingMail.objects.get(recipient=address_of(name), sent_at=None)


def address_of(name: str) -> str:
    """Among the members of the company at hand; other tests leave people of the same name."""
    return Membership.objects.get(person__name=name).person.email


def person(company: Any, role: str, name: str, language: str = "de") -> Any:
    membership = member(company, role, name=name)
    Person.objects.filter(id=membership.person_id).update(language=language)
    return membership


def test_request_is_mailed_to_those_who_may_approve_and_confirmed_to_who_asked(company):
    person(company, Role.ACCOUNTANT, "Anna Abschluss")
    person(company, Role.ADMIN, "Adam Amt")
    person(company, Role.BOOKKEEPER, "Bea Buch")
    person(company, Role.AUDITOR, "Prüfer Paul")

    asks(company, acting(Membership.objects.of(company).get(person__name="Bea Buch")), JANUARY)

    assert mails() == {"Bea Buch": ASKED, "Anna Abschluss": TO_APPROVE, "Adam Amt": TO_APPROVE, "Erika Beispiel": TO_APPROVE}


def test_people_who_left_get_no_mail(company):
    former, inactive = person(company, Role.ADMIN, "Früher Fort"), person(company, Role.ADMIN, "Ina Inaktiv")
    Membership.objects.of(company).filter(id=former.id).update(valid_until=clock.today() - timedelta(days=1))
    Person.objects.filter(id=inactive.person_id).update(is_active=False)

    asks(company, owner_of(company), JANUARY)

    assert mails() == {"Erika Beispiel": ASKED}


def test_each_reads_the_mail_in_their_own_language(company):
    person(company, Role.ACCOUNTANT, "Anna Abschluss")
    person(company, Role.ACCOUNTANT, "Eve English", language="en")

    statement = Statement(note="Werft kommt\nim April")
    request = request_lock(company=company, actor=owner_of(company), period=JANUARY, now=clock.now(), statement=statement)

    german, english = mail_to("Anna Abschluss"), mail_to("Eve English")
    until = request.expires_at.astimezone(clock.BERLIN)
    assert german.subject == f"Bitte prüfen: Januar {YEAR} von Muster Handel GmbH soll festgeschrieben werden"
    assert english.subject == f"Please check: January {YEAR} of Muster Handel GmbH is to be locked for good"
    assert f"bis {until:%d.%m.%Y, %H:%M} Uhr" in german.body
    assert f"until {until:%Y-%m-%d %H:%M};" in english.body
    for mail, words in ((german, "Guten Tag Anna Abschluss"), (english, "Hello Eve English")):
        assert words in mail.body
        assert "Erika Beispiel" in mail.body
        assert "Werft kommt im April" in mail.body
        assert f"\n{settings.BASE_URL}/admin/periods/period/{JANUARY}/\n" in mail.body


def test_link_is_the_page_of_the_period_and_holds_no_secret():
    assert period_link(f"{YEAR}-P13") == settings.BASE_URL + reverse("admin:periods_period_month", args=[f"{YEAR}-P13"])
    assert re.search(r"[?#]", period_link(JANUARY)) is None


def test_closing_hash_is_mailed_to_both_people_and_to_nobody_else(company):
    approver = acting(person(company, Role.ACCOUNTANT, "Anna Abschluss", language="en"))
    person(company, Role.ADMIN, "Adam Amt")
    book(company, owner_of(company))
    request = asks(company, owner_of(company), JANUARY)
    forget_mails()

    approves(company, approver, request)

    sealed = Period.objects.of(company).get(period=JANUARY).closing_hash
    assert mails() == {"Erika Beispiel": LOCKED, "Anna Abschluss": "Locked for good"}
    assert f"\nAbschluss-Hash: {sealed}\n" in mail_to("Erika Beispiel").body
    assert f"\nClosing hash: {sealed}\n" in mail_to("Anna Abschluss").body
    assert "beantragt von Erika Beispiel, freigegeben von Anna Abschluss" in mail_to("Erika Beispiel").body


def test_only_person_of_a_company_gets_one_mail_for_each_step(company):
    owner = owner_of(company)
    request = asks(company, owner, JANUARY)
    asked = mails()
    forget_mails()

    approves(company, owner, request)

    assert (asked, mails()) == ({"Erika Beispiel": ASKED}, {"Erika Beispiel": LOCKED})


def test_withdrawal_is_mailed_to_all_who_knew_but_the_one_who_withdrew(company):
    bookkeeper, approver = acting(person(company, Role.BOOKKEEPER, "Bea Buch")), acting(person(company, Role.ACCOUNTANT, "Anna Abschluss"))
    for actor, told in (
        (bookkeeper, {"Anna Abschluss": WITHDRAWN, "Erika Beispiel": WITHDRAWN}),
        (approver, {"Bea Buch": WITHDRAWN, "Erika Beispiel": WITHDRAWN}),
    ):
        request = asks(company, bookkeeper, JANUARY)
        forget_mails()

        cancel_lock_request(company=company, actor=actor, period=JANUARY, request_id=request.id, now=clock.now())

        assert mails() == told
        assert f"{actor.label} hat den Antrag von Bea Buch" in mail_to("Erika Beispiel").body
        assert "Die Periode nimmt wieder Buchungen an." in mail_to("Erika Beispiel").body
        forget_mails()


def test_withdrawal_from_a_soft_locked_period_does_not_promise_bookings(company):
    approver = acting(person(company, Role.ACCOUNTANT, "Anna Abschluss"))
    soft_lock_period(company=company, actor=approver, period=JANUARY, now=clock.now())
    request = asks(company, approver, JANUARY)
    forget_mails()

    cancel_lock_request(company=company, actor=approver, period=JANUARY, request_id=request.id, now=clock.now())

    assert "Die Periode bleibt vorläufig gesperrt." in mail_to("Erika Beispiel").body


def test_expiry_is_mailed_to_who_asked_when_the_next_request_notices(company):
    bookkeeper = acting(person(company, Role.BOOKKEEPER, "Bea Buch"))
    request_lock(company=company, actor=bookkeeper, period=JANUARY, now=clock.now() - timedelta(hours=49))
    forget_mails()

    asks(company, owner_of(company), JANUARY)

    assert mails() == {"Bea Buch": EXPIRED, "Erika Beispiel": ASKED}


def test_expiry_is_noticed_once(company):
    now = clock.now()
    request_lock(company=company, actor=owner_of(company), period=JANUARY, now=now - timedelta(hours=49))
    forget_mails()

    counts = [len(expire_lock_requests(company=company, now=moment)) for moment in (now - timedelta(hours=2), now, now)]

    assert (counts, mails()) == ([0, 1, 0], {"Erika Beispiel": EXPIRED})
    assert LockRequest.objects.of(company).get().status == "expired"


def test_refused_request_mails_nobody(company):
    with refused(EarlierPeriodOpen):
        asks(company, owner_of(company), month(2))
    with transaction.atomic():  # as after a dry run
        asks(company, owner_of(company), JANUARY)
        transaction.set_rollback(True)

    assert OutgoingMail.objects.count() == 0


def test_mail_leaves_as_it_was_written(company, mailoutbox):
    asks(company, owner_of(company), JANUARY)

    sent = send_next_mail(now=clock.now())

    assert sent is not None
    assert [(mail.subject, mail.to) for mail in mailoutbox] == [
        (f"Antrag gestellt: Januar {YEAR} von Muster Handel GmbH", [address_of("Erika Beispiel")])
    ]


def test_task_expires_requests_of_every_company(real_commits):
    from ledgerlou.companies.context import company_transaction

    companies = [committed_company(people=1) for _ in range(2)]
    for made, [asker] in companies:
        with company_transaction(made.id):
            request_lock(company=made, actor=asker, period=JANUARY, now=clock.now() - timedelta(hours=50))

    expire_all_lock_requests()
    expire_all_lock_requests()

    for made, [asker] in companies:
        with company_transaction(made.id):
            assert LockRequest.objects.of(made).get().status == "expired"
            address = Person.objects.get(id=asker.person_id).email
        assert [mail.subject.partition(":")[0] for mail in OutgoingMail.objects.filter(recipient=address).order_by("id")] == [
            ASKED,
            EXPIRED,
        ]
