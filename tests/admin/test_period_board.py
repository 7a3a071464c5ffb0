"""The pages of periods: the board, a period with its checklist and history, and the lock that two people make."""

import re
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounting.posting import post
from accounting.services.documents import ReceivedFile, store_document
from ledgerlou import clock
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import OutgoingMail, Person
from periods.closing import Statement, approve_lock, request_lock
from periods.locks import reopen_period, soft_lock_period
from periods.models import LockRequest, Period
from tests.admin.books import Books
from tests.admin.sample_pdf import one_page_pdf
from tests.conftest import draft

BOARD = "/admin/periods/period/"
LAST = clock.today().year - 1  # closed in these tests: this year's January waits for its lock, and the books are of today


def address(page: str, *args: Any) -> str:
    return reverse(f"admin:periods_period_{page}", args=args)


def plain(html: str) -> str:
    """Text on one line; icons have names of their own, which nobody reads."""
    html = re.sub(r'<span class="material-symbols-outlined[^>]*>.*?</span>', " ", html)
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&quot;", '"').split())


def text_of(reply: Any) -> str:
    return plain(reply.content.decode().partition('id="content-main"')[2])


def tiles_of(reply: Any) -> dict[str, str]:
    """What each tile says, by period."""
    found = re.findall(r'<a class="pb-tile[^>]*data-period="([^"]+)">(.*?)</a>', reply.content.decode(), flags=re.DOTALL)
    return {period: plain(tile) for period, tile in found}


def point(reply: Any, code: str) -> str:
    """What a point of the checklist says, with its mark and what has changed."""
    html = reply.content.decode()
    [found] = re.findall(rf'data-point="{code}">(.*?)</(?:li|tr)>\s*(?:<li|<tr|</ul>|</tbody>)', html, flags=re.DOTALL)
    marks = re.findall(r'role="img" aria-label="([^"]+)"', found)
    return f"[{', '.join(marks)}] {plain(found)}"


@contextmanager
def at_work(books: Books, role: str = "owner") -> Any:
    person = books.people[role]
    actor = person_actor(person_id=person.id, label=person.name, role=role, channel="admin")
    with company_transaction(books.company.id, actor=actor):
        yield {"company": books.company, "actor": actor, "now": clock.now()}


def month(number: int) -> str:
    return f"{LAST}-{number:02d}"


def asked(books: Books, number: int, **said: Any) -> LockRequest:
    """The owner asks for a lock of last year."""
    with at_work(books) as work:
        return request_lock(**work, period=month(number), statement=Statement(**said))


def locked(books: Books, number: int = 1) -> None:
    """The owner asks, the accountant approves."""
    made = asked(books, number)
    with at_work(books, "accountant") as work:
        approve_lock(**work, period=month(number), request_id=made.id)


def book(books: Books, *lines: Any, day: str) -> None:
    with at_work(books) as work:
        post(company=books.company, actor=work["actor"], drafts=[draft(*lines, day=day, skip_duplicate_check=True)], now=work["now"])


def upload(books: Books, name: str, at: datetime | None = None) -> None:
    with at_work(books) as work:
        file = ReceivedFile(content=one_page_pdf(name), name=name, declared_type="application/pdf")
        store_document(company=books.company, actor=work["actor"], received=file, now=at or work["now"])


def test_board_shows_states_bookings_and_open_work_in_words(own_books: Books) -> None:
    year, today = own_books.month[:4], clock.today()
    book(own_books, ("6815", "5.00", "0"), ("1800", "0", "5.00"), day=f"{month(2)}-05")
    locked(own_books)
    asked(own_books, 2)
    with at_work(own_books) as work:
        soft_lock_period(**work, period=month(3))
    upload(own_books, "Beleg.pdf")

    board = own_books.client("auditor").get(BOARD)

    tiles = tiles_of(board)
    state, bookings = ("Festschreiben beantragt" if today.month == 1 else "offen"), (7 if today.month == 2 else 6)
    assert len(tiles) == 28
    assert tiles[month(1)] == "Januar festgeschrieben Buchungen 0"
    assert tiles[month(2)].startswith("Februar Festschreiben beantragt Buchungen 1")
    assert tiles[month(3)] == "März vorläufig gesperrt Buchungen 0"
    assert tiles[f"{LAST}-P13"] == "Periode 13 offen Buchungen 0"
    assert tiles[f"{today:%Y-%m}"].endswith(f"jetzt {state} Buchungen {bookings} Belege ohne Buchung 1")
    assert f"Wirtschaftsjahr {LAST} 01.01.{LAST} – 31.12.{LAST} 1 von 12 Monaten festgeschrieben Buchungen: 1" in text_of(board)
    assert f"31.12.{year} 0 von 12 Monaten festgeschrieben Buchungen: 7" in text_of(board)


def test_month_at_hand_is_marked_for_everybody(books: Books) -> None:
    html = books.client("auditor").get(BOARD).content.decode()

    assert re.findall(r'aria-current="date" data-period="([^"]+)"', html) == [f"{clock.today():%Y-%m}"]


def test_board_offers_the_approval_to_the_person_who_may_give_it(books: Books) -> None:
    approve = address("approve", books.month, books.rows["lock_request"])

    offers = {role: re.findall(rf'href="{approve}">(.*?)<span', books.client(role).get(BOARD).content.decode()) for role in books.people}

    may, may_not = ["Prüfen und freigeben"], ["Ansehen"]
    assert offers == {"owner": may_not, "admin": may, "accountant": may, "bookkeeper": may_not, "auditor": []}


def test_board_leads_to_older_years_and_back(own_books: Books) -> None:
    client, year = own_books.client("auditor"), int(own_books.month[:4])
    for age in range(1, 4):
        book(own_books, ("6815", "5.00", "0"), ("1800", "0", "5.00"), day=f"{year - age}-05-05")

    newest = client.get(BOARD)
    older = client.get(f"{BOARD}?until={year - 3}")

    assert sorted({period[:4] for period in tiles_of(newest)}) == [str(year - 2), str(year - 1), str(year)]
    assert f"{BOARD}?until={year - 3}" in newest.content.decode()
    assert sorted({period[:4] for period in tiles_of(older)}) == [str(year - 3)]
    assert f'href="{BOARD}?until={year}"' in older.content.decode()
    assert tiles_of(client.get(f"{BOARD}?until=quatsch")) == tiles_of(newest)


def queries_of(client: Any, page: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)


def test_pages_take_the_same_statements_whatever_they_show(own_books: Books) -> None:
    client = own_books.client("owner")
    request = address("approve", own_books.month, own_books.rows["lock_request"])
    book(own_books, ("3630", "5.00", "0"), ("1800", "0", "5.00"), day=f"{month(5)}-01")
    pages = {"board": BOARD, "month": address("month", month(5)), "ask": address("request", month(5)), "approve": request}

    before = {name: queries_of(client, page) for name, page in pages.items()}
    for number in range(3):
        upload(own_books, f"{number}.pdf", datetime(LAST, 5, number + 1, tzinfo=UTC))
        book(own_books, ("3630", "5.00", "0"), ("1800", "0", "5.00"), day=f"{month(5)}-01")
        book(own_books, ("1370", "5.00", "0"), ("1800", "0", "5.00"), day=f"{month(5)}-01")
        with at_work(own_books) as work:
            soft_lock_period(**work, period=month(5))
            reopen_period(company=own_books.company, period=month(5))

    assert {name: queries_of(client, page) for name, page in pages.items()} == before
    assert {name: count for name, count in before.items() if count > 30} == {}


def test_untouched_month_has_a_page_and_an_address_by_row_leads_to_it(books: Books) -> None:
    client = books.client("auditor")

    ahead = client.get(address("month", f"{int(books.month[:4]) + 1}-04"))
    by_row = client.get(address("change", books.rows["period"]))

    assert (ahead.status_code, by_row.status_code, by_row.headers["Location"]) == (200, 302, address("month", books.month))
    assert "Niemand hat diese Periode bisher gesperrt" in text_of(ahead)
    assert [client.get(address("month", name)).status_code for name in ("2026-13", "2026-00", "0000-01", "quatsch")] == [404] * 4


def test_page_of_a_period_says_what_the_books_say(own_books: Books) -> None:
    day = f"{month(5)}-09"
    upload(own_books, "Ohne Buchung.pdf", datetime(LAST, 5, 10, tzinfo=UTC))
    book(own_books, ("3630", "50.00", "0"), ("1600", "0", "50.00"), day=day)
    book(own_books, ("1200", "1190.00", "0"), ("4400", "0", "1190.00", "UST19"), day=day)
    book(own_books, ("1200", "1190.00", "0"), ("4400", "0", "1190.00"), day=day)

    page = own_books.client("auditor").get(address("month", month(5)))

    assert point(page, "order").startswith("[steht im Weg] Reihenfolge Zuerst muss Januar")
    assert point(page, "trial_balance").startswith("[in Ordnung] Summen und Salden Soll und Haben sind gleich: ")
    assert point(page, "clearing").startswith("[bitte ansehen] Verrechnungskonten Mit Saldo am letzten Tag: 1. 3630 ")
    assert point(page, "cash").startswith("[bitte ansehen] Kasse Am letzten Tag unter null: -50,00. ")
    assert "Gebucht sind 190,00, nach den Erlösen je Steuersatz zu erwarten: 416,10. Differenz 226,10." in point(page, "output_tax")
    assert point(page, "documents") == "[bitte ansehen] Belege ohne Buchung 1 Dorthin"
    assert "Ohne Buchung.pdf" in text_of(page)
    assert f"/admin/accounting/event/?period={month(5)}" in page.content.decode()


def test_checklist_speaks_english_too(books: Books) -> None:
    client = books.client("auditor", language="en")
    client.post("/admin/language/", {"language": "en"})
    page = client.get(address("month", books.month))
    client.post("/admin/language/", {"language": "de"})

    assert point(page, "order") == "[in order] Order of locks All earlier periods are locked for good."
    assert point(page, "documents") == "[in order] Documents without booking None."


def test_old_open_items_are_loaded_by_the_page(own_books: Books) -> None:
    year = int(own_books.month[:4])
    book(own_books, ("1200", "119.00", "0"), ("4400", "0", "119.00", "UST19"), day=f"{year - 1}-02-01")
    client = own_books.client("auditor")
    later = address("overdue", f"{year - 1}-12")

    assert f'hx-get="{later}"' in client.get(address("month", f"{year - 1}-12")).content.decode()
    part, page = client.get(later, headers={"HX-Request": "true"}), client.get(later)
    assert [("1200 Kundenforderungen (Debitoren) 1 119,00" in plain(reply.content.decode())) for reply in (part, page)] == [True, True]
    assert ["<html" in reply.content.decode() for reply in (part, page)] == [False, True]


def test_history_tells_who_did_what_newest_first(own_books: Books) -> None:
    locked(own_books)
    with at_work(own_books, "bookkeeper") as work:
        soft_lock_period(**work, period=month(2))
    with at_work(own_books, "accountant"):
        reopen_period(company=own_books.company, period=month(2))
    asked(own_books, 2, note="Bitte bis Freitag")
    client = own_books.client("auditor")

    def steps(period: str) -> list[str]:
        [html] = re.findall(r'data-test="steps">(.*?)</ol>', client.get(address("month", period)).content.decode(), flags=re.DOTALL)
        return [re.sub(r" \d\d\.\d\d\.\d{4} \d\d:\d\d", "", plain(line)) for line in html.split("</li>")[:-1]]

    assert steps(month(1)) == [
        "Miriam Kaya hat freigegeben; die Periode ist festgeschrieben",
        "Hanna Petersen hat das Festschreiben beantragt",
    ]
    assert steps(month(2)) == [
        "Hanna Petersen hat das Festschreiben beantragt Bitte bis Freitag",
        "Miriam Kaya hat wieder geöffnet",
        "Ole Hansen hat vorläufig gesperrt",
    ]


def test_actions_are_those_of_the_state_and_of_the_role(own_books: Books) -> None:
    locked(own_books)
    asked(own_books, 2)
    with at_work(own_books) as work:
        soft_lock_period(**work, period=month(3))

    def actions(role: str, number: int) -> list[str]:
        page = own_books.client(role).get(address("month", month(number))).content.decode()
        return re.findall(r'data-key-label="([^"]+)"', page.partition('id="content-main"')[0])

    assert [actions("bookkeeper", number) for number in (1, 2, 3, 4)] == [
        [],
        ["Antrag prüfen", "Antrag zurückziehen", "Vorläufig sperren"],
        ["Festschreiben beantragen", "Wieder öffnen"],
        ["Festschreiben beantragen", "Vorläufig sperren"],
    ]
    assert [actions("auditor", number) for number in (1, 2, 3, 4)] == [[], [], [], []]


def test_lock_is_asked_for_with_answers_that_the_approver_sees(own_books: Books) -> None:
    locked(own_books)
    period = month(2)

    reply = own_books.client("bookkeeper").post(address("request", period), {"answers": ["bank", "complete"], "note": "Werft\nkommt"})

    assert (reply.status_code, reply.headers["Location"]) == (302, address("month", period))
    with at_work(own_books):
        made = LockRequest.objects.of(own_books.company).get(period__period=period)
    assert ([row["code"] for row in made.checklist["answers"] if row["ticked"]], made.note) == (["complete", "bank"], "Werft\nkommt")
    page = own_books.client("accountant").get(address("approve", period, made.id))
    assert "Bemerkung von Ole Hansen: Werft kommt" in text_of(page)
    assert "Seit dem Antrag hat sich nichts geändert" in text_of(page)
    [answers] = re.findall(r'data-test="answers">(.*?)</ul>', page.content.decode(), flags=re.DOTALL)
    assert re.findall(r'aria-label="([^"]+)"', answers) == ["angekreuzt", "angekreuzt", "nicht angekreuzt", "nicht angekreuzt", "nicht angekreuzt"]  # fmt: skip


def test_refused_request_keeps_what_was_typed(own_books: Books) -> None:
    period = month(2)
    book(own_books, ("6815", "5.00", "0"), ("1800", "0", "5.00"), day=f"{period}-05")

    reply = own_books.client("bookkeeper").post(address("request", period), {"answers": ["bank"], "note": "Mit Mühe getippt"})

    assert reply.status_code == 409
    assert "Periode" in text_of(reply)
    assert f"Zuerst muss Januar {LAST} festgeschrieben werden." in text_of(reply)
    assert "Mit Mühe getippt</textarea>" in reply.content.decode()
    assert re.findall(r'value="([a-z_]+)" checked', reply.content.decode()) == ["bank"]


@pytest.mark.parametrize("sent", [{"answers": ["audit"]}, {"note": "x" * 2001}])
def test_wrong_answers_are_refused_at_their_place(own_books: Books, sent: dict[str, Any]) -> None:
    reply = own_books.client("bookkeeper").post(address("request", own_books.month), sent)

    assert (reply.status_code, list(reply.context["form"].errors)) == (400, list(sent))
    assert 'role="alert"' in reply.content.decode()


def test_approver_sees_what_has_changed_since_the_request(own_books: Books) -> None:
    """Somebody books into last year after January was asked for: the balances it brings change, and that year has to be locked first."""
    client, year = own_books.client("accountant"), int(own_books.month[:4])
    approve = address("approve", own_books.month, own_books.rows["lock_request"])
    before = client.get(approve)
    book(own_books, ("3630", "50.00", "0"), ("1800", "0", "50.00"), day=f"{year - 1}-12-05")
    with at_work(own_books) as work:
        soft_lock_period(**work, period=own_books.month)

    page = client.get(approve)
    refused = client.post(approve)

    assert "Seit dem Antrag hat sich nichts geändert" in text_of(before)
    assert "Seit dem Antrag hat sich etwas geändert; was es ist, steht unten markiert. Hanna Petersen hat vorläufig gesperrt" in text_of(
        page
    )
    changed = re.findall(r'<tr class="changed" data-point="([a-z_]+)"', page.content.decode())
    assert changed == ["order", "clearing"]
    then, now = "Alle stehen am letzten Tag auf null.", "Mit Saldo am letzten Tag: 1."
    assert point(page, "clearing") == f"[in Ordnung, bitte ansehen] Verrechnungskonten {then} {now} geändert"
    assert (refused.status_code, f"Bitte zuerst Periode {year - 1}-01 festschreiben" in text_of(refused)) == (409, True)


def test_approver_sees_another_hash_when_another_period_was_locked_since(own_books: Books) -> None:
    year = int(own_books.month[:4])
    for number in range(1, 13):
        with at_work(own_books) as work:
            made = request_lock(**work, period=f"{year - 1}-{number:02d}")
        with at_work(own_books, "accountant") as work:
            approve_lock(**work, period=f"{year - 1}-{number:02d}", request_id=made.id)
    approve = address("approve", own_books.month, own_books.rows["lock_request"])

    page = own_books.client("accountant").get(approve)

    [figures] = re.findall(r'data-test="figures">(.*?)</table>', page.content.decode(), flags=re.DOTALL)
    changed = re.findall(r'<tr class="changed"><th scope="row">([^<]+)', figures)
    with at_work(own_books):
        december = Period.objects.of(own_books.company).get(period=f"{year - 1}-12").closing_hash
    assert changed == ["Folgt auf den Hash", "Abschluss-Hash"]
    assert f"Folgt auf den Hash {'0' * 64} {december} geändert" in plain(figures)


def test_page_says_why_a_person_may_not_approve(books: Books) -> None:
    approve = address("approve", books.month, books.rows["lock_request"])

    pages = {role: books.client(role).get(approve) for role in ("owner", "bookkeeper", "admin")}

    assert "Dieser Antrag ist der eigene. Freigeben muss jemand anderes." in text_of(pages["owner"])
    assert "Freigeben dürfen Inhaber, Administratoren und die Bilanzbuchhaltung." in text_of(pages["bookkeeper"])
    assert [role for role, page in pages.items() if "ll-button danger" in page.content.decode()] == ["admin"]


def test_decided_request_cannot_be_approved_again(own_books: Books) -> None:
    with at_work(own_books, "accountant") as work:
        approve_lock(**work, period=own_books.month, request_id=own_books.rows["lock_request"])
    approve = address("approve", own_books.month, own_books.rows["lock_request"])

    page, again = own_books.client("admin").get(approve), own_books.client("admin").post(approve)

    assert "Dieser Antrag wartet nicht mehr auf eine Freigabe." in text_of(page)
    assert "ll-button danger" not in page.content.decode()
    assert again.status_code == 409


def test_locked_period_shows_the_checklist_it_was_locked_with(own_books: Books) -> None:
    locked(own_books)
    upload(own_books, "Nachtrag.pdf")

    page = own_books.client("auditor").get(address("month", month(1)))

    with at_work(own_books):
        sealed = Period.objects.of(own_books.company).get(period=month(1)).closing_hash
    assert "Checkliste zum Zeitpunkt des Antrags" in text_of(page)
    assert f"Abschluss-Hash {sealed} Folgt auf {'0' * 64}" in text_of(page)
    assert "Von Hanna Petersen geprüft" in text_of(page)


def test_both_people_get_mails_from_the_back_office(own_books: Books) -> None:
    approve = address("approve", own_books.month, own_books.rows["lock_request"])

    own_books.client("accountant").post(approve)

    names = {person.email: role for role, person in own_books.people.items()}
    found = sorted((names[mail.recipient], mail.subject.partition(":")[0]) for mail in OutgoingMail.objects.filter(recipient__in=names))
    assert [row for row in found if row[1] == "Festgeschrieben"] == [("accountant", "Festgeschrieben"), ("owner", "Festgeschrieben")]
    assert Person.objects.filter(email__in=names).count() == 5
