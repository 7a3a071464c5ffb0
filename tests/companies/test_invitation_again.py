"""An invitation that got lost is sent again; its former link then opens nothing."""

from datetime import timedelta

from ledgerlou.companies.models.people import Membership, OutgoingMail, PasswordToken
from ledgerlou.companies.roles import Role
from ledgerlou.companies.services.delivery import MAX_ATTEMPTS
from ledgerlou.companies.services.memberships import INVITATION_PAUSE, Invitation, end_membership, invite_person, send_invitation_again
from ledgerlou.companies.services.passwords import set_password
from ledgerlou.companies.services.secret_texts import digest_of
from ledgerlou.errors import Forbidden, InvalidInput, NotFound, WrongState
from tests.companies.people import PASSWORD, acting, member, owner_of, refused, with_password
from tests.conftest import NOW

LATER = NOW + INVITATION_PAUSE
EMAIL = "lena@example.org"


def invited(company):
    invitation = Invitation(email=EMAIL, name="Lena Muster", role=Role.BOOKKEEPER)
    return invite_person(company=company, actor=owner_of(company), invitation=invitation, now=NOW)


def again(company, membership, *, now=LATER, actor=None):
    return send_invitation_again(company=company, actor=actor or owner_of(company), membership_id=membership.id, now=now)


def mails():
    return list(OutgoingMail.objects.filter(recipient=EMAIL).order_by("id"))


def link_in(mail):
    return mail.body.split("#")[1].split()[0]


def leave(*, attempts=1, sent_at=NOW):
    OutgoingMail.objects.filter(recipient=EMAIL).update(sent_at=sent_at, attempts=attempts)


def test_invitation_notes_its_mail(company):
    membership = invited(company)

    [mail] = mails()
    stored = Membership.objects.of(company).get(id=membership.id)
    assert (stored.invitation_mail_id, stored.invited_at) == (mail.id, NOW)


def test_second_mail_holds_a_new_link_and_the_first_one_is_dead(company):
    membership = invited(company)
    first = link_in(mails()[0])
    leave()

    again(company, membership)

    second = mails()[1]
    with refused(InvalidInput):
        set_password(token=first, password=PASSWORD, now=LATER)
    assert PasswordToken.objects.get(token_hash=digest_of(link_in(second))).expires_at == LATER + timedelta(days=7)
    stored = Membership.objects.of(company).get(id=membership.id)
    assert (stored.invitation_mail_id, stored.invited_at) == (second.id, LATER)
    assert set_password(token=link_in(second), password=PASSWORD, now=LATER).email == EMAIL


def test_mail_that_has_not_left_is_not_followed_by_another(company):
    membership = invited(company)

    with refused(WrongState) as refusal:
        again(company, membership, now=NOW + timedelta(hours=3))

    assert refusal.value.message.startswith("The last invitation has not left yet")
    assert len(mails()) == 1


def test_mail_that_was_given_up_is_followed_by_another(company):
    membership = invited(company)
    leave(attempts=MAX_ATTEMPTS, sent_at=None)

    again(company, membership)

    assert len(mails()) == 2


def test_invitations_keep_five_minutes_apart(company):
    membership = invited(company)
    leave()

    with refused(WrongState):
        again(company, membership, now=LATER - timedelta(seconds=1))

    assert len(mails()) == 1


def test_who_has_a_password_needs_no_invitation(company):
    membership = invited(company)
    leave()
    with_password(membership.person)

    with refused(WrongState) as refusal:
        again(company, membership)

    assert refusal.value.message.startswith("Lena Muster has a password already")


def test_only_managers_send_and_only_to_members(company):
    membership = invited(company)
    leave()
    bookkeeper = acting(member(company, Role.BOOKKEEPER))

    with refused(Forbidden):
        again(company, membership, actor=bookkeeper)
    with refused(NotFound):
        send_invitation_again(company=company, actor=owner_of(company), membership_id=company.id, now=LATER)
    end_membership(company=company, actor=owner_of(company), membership_id=membership.id, now=NOW)
    with refused(WrongState):
        again(company, membership)
    assert len(mails()) == 1
