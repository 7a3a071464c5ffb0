"""Templates of recurring bookings: what the service does and refuses, and what PostgreSQL refuses to the application and to the owner."""

from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounting.models.booking_template import BookingTemplate, BookingTemplateLine
from accounting.selectors.booking_templates import template_with_lines, templates_of
from accounting.services.booking_templates import NewTemplate, TemplateLine, rename_template, save_template, switch_off_template
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.errors import LedgerLouError, NotFound, WrongState
from ledgerlou.ids import new_id
from tests.conftest import NOW, new_company

RENT = (
    TemplateLine(account="6310", debit=Decimal("1850.00"), tax_code="vst19"),
    TemplateLine(account="1800", credit=Decimal("1850.00")),
)
TEMPLATE = """INSERT INTO accounting_bookingtemplate (id, company_id, name, sort_key, description, external_reference, line_count, is_active,
              created_by, created_at) VALUES (%(new)s, %(company)s, {name}, 'roh', '', '', {count}, true, 'Roh', now())"""
LINE = """INSERT INTO accounting_bookingtemplateline (id, company_id, template_id, position, account, debit, credit, tax_code)
          VALUES (%(new)s, %(company)s, {template}, {position}, {account}, {debit}, {credit}, {code})"""
GOOD = {"template": "%(template)s", "position": 3, "account": "'1800'", "debit": 1, "credit": 0, "code": "NULL"}


def save(company, actor, name="Miete", lines=RENT, **more):
    return save_template(company=company, actor=actor, facts=NewTemplate(name=name, lines=lines, **more), now=NOW)


@pytest.fixture
def kept(real_commits, actor):
    """A committed company with one template."""
    made = new_company(name="Vorlagen GmbH")
    with company_transaction(made.id, actor=actor):
        return made, save(made, actor)


def shown(connect, role: str, company) -> psycopg.Connection:
    raw = connect(role)
    raw.execute("SELECT set_config('ledgerlou.company', %s, false)", [str(company.id)])
    raw.commit()
    return raw


def commit(raw: psycopg.Connection, statement: str, values: dict) -> None:
    """Run a statement and end its transaction, when deferred constraints speak."""
    raw.execute(statement, values)
    raw.commit()


def test_template_is_saved_with_its_lines(company, actor):
    saved = save(company, actor, "  Miete   Lager ", description="Miete", external_reference="V-1")

    template, lines = template_with_lines(company=company, template_id=saved.id)
    listed = [(row.name, row.total) for row in templates_of(company=company)]
    assert (template.name, template.sort_key, template.line_count, template.created_by) == ("Miete Lager", "miete lager", 2, actor.label)
    assert [(line.position, line.account, line.debit, line.credit, line.tax_code) for line in lines] == [
        (1, "6310", Decimal("1850.00"), Decimal("0.00"), "VST19"),
        (2, "1800", Decimal("0.00"), Decimal("1850.00"), None),
    ]
    assert listed == [("Miete Lager", Decimal("1850.00"))]


def test_line_without_amount_is_kept(company, actor):
    saved = save(company, actor, lines=(TemplateLine(account="6325"), TemplateLine(account="1800")))

    lines = template_with_lines(company=company, template_id=saved.id)[1]
    assert [(line.debit, line.credit) for line in lines] == [(Decimal("0.00"), Decimal("0.00"))] * 2


def test_every_fault_of_a_template_is_told_at_once(company, actor):
    lines = (TemplateLine(account="4711", tax_code="QUATSCH"), TemplateLine(account="1800", debit=Decimal(1), credit=Decimal(1)))

    with pytest.raises(LedgerLouError) as caught, transaction.atomic():
        save(company, actor, lines=lines)

    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [
        ("/lines/0/account_number", "ACCOUNT_NOT_FOUND"),
        ("/lines/0/tax_code", "INVALID_TAX_CODE"),
        ("/lines/1", "INVALID_INPUT"),
    ]
    assert BookingTemplate.objects.of(company).count() == 0


@pytest.mark.parametrize(
    ("name", "lines", "pointer"),
    [
        ("  ", RENT, "/name"),
        ("Mie\x00te", RENT, "/name"),
        ("Miete", (), "/lines"),
        ("Miete", RENT * 101, "/lines"),
        ("M" * 101, RENT, "/name"),
    ],
)
def test_template_needs_a_name_and_lines(company, actor, name, lines, pointer):
    with pytest.raises(LedgerLouError) as caught, transaction.atomic():
        save(company, actor, name, lines)

    assert [fault.pointer for fault in caught.value.faults] == [pointer]


def test_taken_name_is_refused_unless_it_is_to_be_replaced(company, actor):
    first = save(company, actor)

    with pytest.raises(WrongState) as caught, transaction.atomic():
        save(company, actor)
    second = save(company, actor, lines=RENT[::-1], replaces=True)

    first.refresh_from_db()
    assert caught.value.faults[0].pointer == "/name"
    assert (first.is_active, [row.id for row in templates_of(company=company)]) == (False, [second.id])


def test_template_is_renamed_and_switched_off(company, actor):
    first, second = save(company, actor), save(company, actor, "Leasing")

    with pytest.raises(WrongState), transaction.atomic():
        rename_template(company=company, actor=actor, template_id=first.id, name="Leasing")
    switch_off_template(company=company, actor=actor, template_id=second.id)
    renamed = rename_template(company=company, actor=actor, template_id=first.id, name="Leasing")

    with pytest.raises(WrongState), transaction.atomic():
        switch_off_template(company=company, actor=actor, template_id=second.id)
    with pytest.raises(NotFound), transaction.atomic():
        template_with_lines(company=company, template_id=second.id)
    assert [(row.name, row.id) for row in templates_of(company=company)] == [("Leasing", renamed.id)]


def test_template_of_another_company_is_not_found(other_company, company, actor):
    saved = save(company, actor)

    for act in (
        lambda: template_with_lines(company=other_company, template_id=saved.id),
        lambda: rename_template(company=other_company, actor=actor, template_id=saved.id, name="X"),
        lambda: switch_off_template(company=other_company, actor=actor, template_id=saved.id),
    ):
        with pytest.raises(NotFound), transaction.atomic():
            act()


def test_history_knows_names_and_switching_off(company, actor):
    saved = save(company, actor)
    rename_template(company=company, actor=actor, template_id=saved.id, name="Pacht")
    switch_off_template(company=company, actor=actor, template_id=saved.id)

    entries = AuditEntry.objects.filter(table_name="accounting_bookingtemplate", row_id=str(saved.id)).order_by("id")
    assert [(entry.action, entry.new if entry.action == "update" else None) for entry in entries] == [
        ("insert", None),
        ("update", {"name": "Pacht", "sort_key": "pacht"}),
        ("update", {"is_active": False}),
    ]


@pytest.mark.parametrize("role", ["app", "owner"])
@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (TEMPLATE.format(name="'Miete'", count=1), "booking_template_name_once_while_active"),
        (TEMPLATE.format(name="''", count=1), "booking_template_has_a_name"),
        (TEMPLATE.format(name="'Leer'", count=0), "booking_template_has_lines"),
        (TEMPLATE.format(name="'Ohne Zeilen'", count=1), "booking_template_is_written_whole"),
        (LINE.format(**GOOD), "booking_template_is_written_whole"),
        (LINE.format(**{**GOOD, "position": 1}), "booking_template_line_once_per_position"),
        (LINE.format(**{**GOOD, "debit": 1, "credit": 1}), "booking_template_line_has_one_side"),
        (LINE.format(**{**GOOD, "debit": -1}), "booking_template_line_has_one_side"),
        (LINE.format(**{**GOOD, "debit": 0, "credit": -1}), "booking_template_line_has_one_side"),
        (LINE.format(**{**GOOD, "account": "'4711'"}), "booking_template_line_account"),
        (LINE.format(**{**GOOD, "code": "'QUATSCH'"}), "booking_template_line_tax_code"),
        (LINE.format(**{**GOOD, "template": "gen_random_uuid()"}), "booking_template_line_template"),
    ],
)
def test_database_refuses_what_the_service_refuses(connect, kept, role, statement, constraint):
    company, template = kept
    raw = shown(connect, role, company)

    with pytest.raises(psycopg.Error) as caught:
        commit(raw, statement, {"new": new_id(), "company": company.id, "template": template.id})

    assert caught.value.diag.constraint_name == constraint


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (role, statement)
        for role in ("app", "owner")
        for statement in (
            "UPDATE accounting_bookingtemplateline SET debit = 5 WHERE company_id = %(company)s",
            "DELETE FROM accounting_bookingtemplateline WHERE company_id = %(company)s",
            "TRUNCATE accounting_bookingtemplateline",
            "DELETE FROM accounting_bookingtemplate WHERE company_id = %(company)s",
            "TRUNCATE accounting_bookingtemplate CASCADE",
            "UPDATE accounting_bookingtemplate SET line_count = 3 WHERE company_id = %(company)s",
        )
    ],
)
def test_template_is_never_deleted_and_its_lines_never_change(connect, kept, role, statement):
    company, template = kept
    raw = shown(connect, role, company)

    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError)):
        commit(raw, statement, {"company": company.id})
    raw.rollback()

    with company_transaction(company.id, read_only=True):
        assert list(BookingTemplateLine.objects.of(company).order_by("position").values_list("account", flat=True)) == ["6310", "1800"]
        assert list(BookingTemplate.objects.of(company).values_list("id", "line_count")) == [(template.id, 2)]


def test_line_cannot_point_to_a_template_of_another_company(connect, kept, actor):
    _company, template = kept
    other = new_company(name="Andere GmbH")
    raw = shown(connect, "owner", other)

    with pytest.raises(psycopg.errors.ForeignKeyViolation) as caught:
        raw.execute(LINE.format(**GOOD), {"new": new_id(), "company": other.id, "template": template.id})

    assert caught.value.diag.constraint_name == "booking_template_line_template"


def test_saving_takes_the_same_statements_for_two_lines_and_two_hundred(company, actor):
    counts = []
    for name, lines in (("Klein", RENT), ("Groß", RENT * 100)):
        with CaptureQueriesContext(connection) as queries:
            save(company, actor, name, lines)
        counts.append(len(queries))

    assert counts[0] == counts[1]
