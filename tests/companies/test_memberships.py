"""Who may join, change roles and leave, and that somebody always stays in charge."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import ApiKey, Membership, OutgoingMail, PasswordToken, Person, SessionToken
from ledgerlou.companies.roles import Role
from ledgerlou.companies.services.keys import create_api_key
from ledgerlou.companies.services.memberships import (
    AlreadyMember,
    Invitation,
    OwnerRequired,
    change_role,
    end_membership,
    invite_person,
)
from ledgerlou.companies.services.secret_texts import digest_of
from ledgerlou.errors import Forbidden, InvalidInput, NotFound, WrongState
from tests.companies.people import NEXT_YEAR, acting, member, owner_of, refused, with_password
from tests.conftest import NOW, TODAY, new_company, new_person, show_company

YESTERDAY = TODAY - timedelta(days=1)


def invite(company, actor, **changes):
    facts = {"email": "Lena@Example.org ", "name": "Lena Muster", "role": Role.ACCOUNTANT}
    return invite_person(company=company, actor=actor, invitation=Invitation(**{**facts, **changes}), now=NOW)


def sole_owner(company):
    return Membership.objects.of(company).get(role=Role.OWNER)


def test_invitation_of_somebody_new_makes_person_membership_token_and_mail(company):
    membership = invite(company, owner_of(company), valid_until=NEXT_YEAR)

    person = Person.objects.get(email="lena@example.org")
    assert (person.name, person.language, person.is_active, person.has_usable_password()) == ("Lena Muster", "de", True, False)
    assert (membership.person_id, membership.company_id, membership.role) == (person.id, company.id, "accountant")
    assert (membership.valid_until, membership.created_at) == (NEXT_YEAR, NOW)
    token = PasswordToken.objects.get(person=person)
    assert (token.expires_at, token.used_at) == (NOW + timedelta(days=7), None)
    mail = OutgoingMail.objects.get(recipient="lena@example.org")
    assert mail.subject == "Erika Beispiel lädt Sie zu den Büchern von Muster Handel GmbH ein"
    assert digest_of(mail.body.split("#")[1].split()[0]) == token.token_hash
    assert (mail.sent_at, mail.attempts, mail.reply_to) == (None, 0, "")


def test_invitation_of_somebody_known_gives_the_membership_and_a_note_without_a_link(company):
    person = with_password(new_person("Jo Known", "jo@example.org"))
    Person.objects.filter(id=person.id).update(language="en")

    membership = invite(company, owner_of(company), email="JO@example.org", name="Somebody Else", role=Role.BOOKKEEPER)

    assert membership.person == person
    assert Person.objects.get(id=person.id).name == "Jo Known"
    assert not PasswordToken.objects.filter(person=person).exists()
    mail = OutgoingMail.objects.get(recipient="jo@example.org")
    assert mail.subject == "You now have access to the books of Muster Handel GmbH"
    assert "as bookkeeper." in mail.body
    assert "#" not in mail.body


def test_texts_are_not_escaped_and_a_subject_is_one_line(company):
    company.name = "Müller & Söhne\nBcc: <alle>"
    company.save(update_fields=["name"])

    invite(company, owner_of(company))

    assert OutgoingMail.objects.get().subject == "Erika Beispiel lädt Sie zu den Büchern von Müller & Söhne Bcc: <alle> ein"


def test_member_is_not_invited_twice(company):
    membership = invite(company, owner_of(company))

    with refused(AlreadyMember) as refusal:
        invite(company, owner_of(company), role=Role.ADMIN)

    assert refusal.value.details == {"membership_id": str(membership.id)}
    membership.refresh_from_db()
    assert membership.role == Role.ACCOUNTANT
    assert OutgoingMail.objects.count() == 1


def test_somebody_who_left_may_be_invited_again(company):
    membership = invite(company, owner_of(company))
    end_membership(company=company, actor=owner_of(company), membership_id=membership.id, now=NOW)

    again = invite(company, owner_of(company), role=Role.BOOKKEEPER)

    assert (again.id, again.role, again.valid_until) == (membership.id, "bookkeeper", None)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"role": "king"}, "/role"),
        ({"role": Role.AUDITOR}, "/valid_until"),
        ({"role": Role.OWNER, "valid_until": NEXT_YEAR}, "/valid_until"),
        ({"valid_until": YESTERDAY}, "/valid_until"),
        ({"email": "no address"}, "/email"),
        ({"name": ""}, "/name"),
    ],
)
def test_invitation_that_does_not_fit_is_refused(company, changes, pointer):
    before = (Person.objects.count(), Membership.objects.count(), OutgoingMail.objects.count())

    with refused(InvalidInput) as refusal:
        invite(company, owner_of(company), **changes)

    assert [fault.pointer for fault in refusal.value.faults] == [pointer]
    assert (Person.objects.count(), Membership.objects.count(), OutgoingMail.objects.count()) == before


def test_auditor_with_an_end_is_invited(company):
    assert invite(company, owner_of(company), role=Role.AUDITOR, valid_until=TODAY).valid_until == TODAY


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.BOOKKEEPER, Role.AUDITOR])
def test_only_owners_and_administrators_manage_people(company, role):
    actor, somebody = acting(member(company, role)), member(company)
    before = set(Membership.objects.of(company).values_list("id", "role", "valid_until"))

    with refused(Forbidden):
        invite(company, actor)
    with refused(Forbidden):
        change_role(company=company, actor=actor, membership_id=somebody.id, role=Role.ADMIN, valid_until=None, now=NOW)
    with refused(Forbidden):
        end_membership(company=company, actor=actor, membership_id=somebody.id, now=NOW)

    assert set(Membership.objects.of(company).values_list("id", "role", "valid_until")) == before


def test_owners_are_made_changed_and_removed_by_owners_alone(company):
    admin, owner = acting(member(company, Role.ADMIN)), member(company, Role.OWNER)
    clerk = member(company, Role.BOOKKEEPER)

    with refused(Forbidden):
        invite(company, admin, role=Role.OWNER)
    with refused(Forbidden):
        change_role(company=company, actor=admin, membership_id=clerk.id, role=Role.OWNER, valid_until=None, now=NOW)
    with refused(Forbidden):
        change_role(company=company, actor=admin, membership_id=owner.id, role=Role.ADMIN, valid_until=None, now=NOW)
    with refused(Forbidden):
        end_membership(company=company, actor=admin, membership_id=owner.id, now=NOW)

    changed = change_role(company=company, actor=acting(owner), membership_id=clerk.id, role=Role.OWNER, valid_until=None, now=NOW)
    assert changed.role == Role.OWNER


def test_last_owner_stays(company):
    last = sole_owner(company)
    member(company, Role.ADMIN)

    for change in (
        lambda: end_membership(company=company, actor=acting(last), membership_id=last.id, now=NOW),
        lambda: change_role(company=company, actor=acting(last), membership_id=last.id, role=Role.ADMIN, valid_until=None, now=NOW),
        lambda: end_membership(company=company, actor=system_actor("Betrieb"), membership_id=last.id, now=NOW),
    ):
        with refused(OwnerRequired) as refusal:
            change()
        assert (refusal.value.code, refusal.value.http_status) == ("OWNER_REQUIRED", 409)

    last.refresh_from_db()
    assert (last.role, last.valid_until) == (Role.OWNER, None)


def test_owner_who_cannot_sign_in_does_not_count(company):
    last, second = sole_owner(company), member(company, Role.OWNER)
    Person.objects.filter(id=second.person_id).update(is_active=False)

    with refused(OwnerRequired):
        end_membership(company=company, actor=acting(last), membership_id=last.id, now=NOW)


def test_owner_may_leave_when_another_stays(company):
    first, _ = sole_owner(company), member(company, Role.OWNER)

    ended = end_membership(company=company, actor=acting(first), membership_id=first.id, now=NOW)

    assert ended.valid_until == YESTERDAY


def test_leaving_ends_sessions_and_keys_here_and_nowhere_else(other_company, company):
    leaving, staying = member(company), member(company)
    for membership in (leaving, staying):
        create_api_key(company=company, actor=acting(membership), name="k", scopes=["journal:read"], expires_at=None, now=NOW)
        SessionToken.objects.create(
            company=company, person=membership.person, token_hash=str(membership.id), created_at=NOW, expires_at=NOW + timedelta(hours=1)
        )
    show_company(other_company)
    SessionToken.objects.create(
        company=other_company, person=leaving.person, token_hash="there", created_at=NOW, expires_at=NOW + timedelta(hours=1)
    )
    show_company(company)

    end_membership(company=company, actor=owner_of(company), membership_id=leaving.id, now=NOW)

    assert list(SessionToken.objects.of(company).values_list("person_id", flat=True)) == [staying.person_id]
    assert dict(ApiKey.objects.of(company).values_list("created_by_id", "revoked_at")) == {
        leaving.person_id: NOW,
        staying.person_id: None,
    }
    show_company(other_company)
    assert SessionToken.objects.of(other_company).count() == 1


def test_membership_that_has_ended_is_neither_ended_nor_changed(company):
    somebody, owner = member(company), owner_of(company)
    end_membership(company=company, actor=owner, membership_id=somebody.id, now=NOW)

    with refused(WrongState):
        end_membership(company=company, actor=owner, membership_id=somebody.id, now=NOW)
    with refused(WrongState):
        change_role(company=company, actor=owner, membership_id=somebody.id, role=Role.ADMIN, valid_until=None, now=NOW)

    somebody.refresh_from_db()
    assert (somebody.role, somebody.valid_until) == (Role.ACCOUNTANT, YESTERDAY)


def test_role_and_end_are_changed_together(company):
    somebody = member(company)

    change_role(company=company, actor=owner_of(company), membership_id=somebody.id, role=Role.AUDITOR, valid_until=NEXT_YEAR, now=NOW)

    somebody.refresh_from_db()
    assert (somebody.role, somebody.valid_until) == (Role.AUDITOR, NEXT_YEAR)
    with refused(InvalidInput):
        change_role(company=company, actor=owner_of(company), membership_id=somebody.id, role=Role.AUDITOR, valid_until=None, now=NOW)


def test_membership_of_another_company_is_not_found(other_company, company):
    show_company(other_company)
    foreign = member(other_company)
    show_company(company)

    for membership_id in (foreign.id, uuid4()):
        with refused(NotFound):
            end_membership(company=company, actor=owner_of(company), membership_id=membership_id, now=NOW)
        with refused(NotFound):
            change_role(company=company, actor=owner_of(company), membership_id=membership_id, role=Role.ADMIN, valid_until=None, now=NOW)


def test_database_keeps_auditors_to_an_end(company):
    auditor = member(company, Role.AUDITOR)

    with pytest.raises(IntegrityError, match="membership_auditor_has_an_end"), transaction.atomic():
        Membership.objects.of(company).filter(id=auditor.id).update(valid_until=None)


def test_two_owners_cannot_let_each_other_go_at_once(real_commits):
    with transaction.atomic():
        company = new_company()
        show_company(company)
        owners = [member(company, Role.OWNER, name="Eva"), member(company, Role.OWNER, name="Ove")]
        end_membership(company=company, actor=owner_of(company), membership_id=sole_first(company).id, now=NOW)
    start, outcomes = threading.Barrier(2, timeout=20), []

    def let_go(by, whom):
        try:
            with company_transaction(company.id):
                start.wait()
                end_membership(company=company, actor=acting(by), membership_id=whom.id, now=NOW)
            outcomes.append("gone")
        except OwnerRequired:
            outcomes.append("last")
        finally:
            connection.close()

    workers = [threading.Thread(target=let_go, args=pair) for pair in (owners, owners[::-1])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(outcomes) == ["gone", "last"]


def sole_first(company):
    return Membership.objects.of(company).filter(role=Role.OWNER).order_by("id")[0]
