"""German pages are German, English pages English; what services refuse is said in the person's language."""

import gettext
import re
from functools import lru_cache
from pathlib import Path

import django
import pytest
import unfold
from django.utils import translation

from accounting.models.account import Account
from accounting.models.tax_code import TaxCode
from ledgerlou.admin.faults import translated
from ledgerlou.admin.refusal_sentences import SENTENCES
from ledgerlou.companies.context import company_transaction
from tests.admin.books import Books, browser
from tests.admin.catalogue import (
    OURS,
    REFUSING,
    TEMPLATES,
    mo_entries,
    po_entries,
    sentences_of,
    texts_of_code,
    texts_of_template,
    visible_text,
)
from tests.admin.routes import ROUTES, Route

# Texts of unfold that cannot appear here: Django's user forms and unfold's own search results, which ours replace.
UNREACHABLE = ("Raw passwords are not stored", "Found %(counter)s result", "Export %(len)s")
# Words that are the same in both languages, or names of things that have no other name.
SHARED = frozenset(
    [
        "ledgerlou",
        "datev",
        "demo",
        "name",
        "status",
        "text",
        "system",
        "import",
        "export",
        "journal",
        "administrator",
        "storno",
        "kassensystem",
    ]
)
PAGES = [
    route
    for route in ROUTES
    if "GET" in route.methods and route.name not in ("accounting_document_content", "accounting_account_file", "jsi18n")
]


@lru_cache(maxsize=2)
def django_catalogue() -> dict[str, str]:
    """What Django itself says in German."""
    found: dict[str, str] = {}
    for path in Path(django.__file__).parent.glob("c*/**/locale/de/LC_MESSAGES/django.mo"):
        with path.open("rb") as compiled:
            catalogue = gettext.GNUTranslations(compiled)
        found |= {key if isinstance(key, str) else key[0]: value for key, value in catalogue._catalog.items()}
    return found


def words(texts: object) -> set[str]:
    """Words of at least four letters, in lower case, without what stands in placeholders."""
    joined = re.sub(r"%\([a-z_]+\)[sd]|\{[^}]*\}|%[sd]|<[^>]+>", " ", " ".join(texts))
    return {word.lower() for word in re.findall(r"[A-Za-zÄÖÜäöüß]{4,}", joined)}


@lru_cache(maxsize=1)
def word_lists() -> tuple[set[str], set[str]]:
    """Words that only English pages have, and words that only German pages have, as the catalogues tell them."""
    ours = po_entries("de")
    known = {**django_catalogue(), **ours}
    english, german = words([*known, *po_entries("en").values()]), words(known.values())
    return english - german - SHARED, words(ours.values()) - english - SHARED


@lru_cache(maxsize=1)
def data_words(company_id: object) -> set[str]:
    """Words of the data on the pages: names of accounts and tax codes, people and bookings; data has its own language."""
    with company_transaction(company_id, read_only=True):
        names = [*Account.objects.of(company_id).values_list("name", flat=True)]
        for code in TaxCode.objects.of(company_id):
            names += [code.code, code.label, code.description or "", code.direction, code.kind]
    said = "Nordlicht Handel Hanna Petersen Jonas Brandt Miriam Kaya Ole Hansen Paul Roth Hafenstraße Kiel owner admin accountant bookkeeper auditor"
    said += " Ausgangsrechnung Kranbau Lübeck Wareneingang Faserwerk Miete Lagerhalle Druckerpatronen Zahlung falsches Konto Storno Porto Februar"
    said += (
        " Buchungsstapel Deutsch English Rechnung example journal bank payables receivables periods reports config read write application"
    )
    return words([*names, said])


def page_text(books: Books, route: Route, language: str) -> str:
    if route.outside:
        client = browser(headers={"accept-language": language})
    else:
        client = books.client("owner", language=language)
        client.post("/admin/language/", {"language": language})
    return visible_text(client.get(route.address(books), follow=True).content.decode())


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_page_speaks_one_language(books: Books, route: Route) -> None:
    english_only, german_only = word_lists()
    data = data_words(books.company.id)

    strange = {
        "de": words([page_text(books, route, "de")]) & english_only - data,
        "en": words([page_text(books, route, "en")]) & german_only - data,
    }
    books.client("owner").post("/admin/language/", {"language": "de"})

    assert strange == {"de": set(), "en": set()}


def test_compiled_catalogues_are_those_of_the_source() -> None:
    for language in ("de", "en"):
        assert mo_entries(language) == {text: translation or text for text, translation in po_entries(language).items()}


def test_every_text_of_ours_is_translated() -> None:
    known = {**django_catalogue(), **po_entries("de")}
    wanted = {text for path in OURS for text in texts_of_code(path)} | {text for path in TEMPLATES for text in texts_of_template(path)}

    assert sorted(text for text in wanted if not known.get(text)) == []


def test_every_text_of_unfold_is_translated() -> None:
    known = {**django_catalogue(), **po_entries("de")}
    folder = Path(unfold.__file__).parent
    code = [path for path in folder.rglob("*.py") if "contrib" not in path.parts or "filters" in path.parts]
    templates = [path for path in folder.rglob("*.html") if "contrib" not in path.parts or "filters" in path.parts]
    wanted = {text for path in code for text in texts_of_code(path)} | {text for path in templates for text in texts_of_template(path)}

    missing = sorted(text for text in wanted if text.strip() and not known.get(text))

    assert [text for text in missing if not any(part in text for part in UNREACHABLE)] == []


def test_every_refusal_behind_a_button_is_known() -> None:
    """A sentence that was changed or added in a service belongs in ledgerlou/admin/refusal_sentences.py and in the catalogue."""
    said = {sentence for path in REFUSING for sentence in sentences_of(path)}

    assert sorted(said - set(SENTENCES)) == []


def test_refusals_are_told_in_the_language_of_the_page() -> None:
    sentence = "Period 2026-03 is soft-locked. Reopen it, post, and lock it again."
    with translation.override("de"):
        german = translated(sentence)
        nested = translated("Line 7: Period 2026-03 is locked for good. Post into the next open period.")
        unknown = translated("Nobody has written this sentence down.")
        amounts = translated(
            "Debit 1234.50 and credit 15.00 differ by 1219.50 euros. Make them equal; a rounding difference is booked on an account of its own."
        )
    with translation.override("en"):
        english = translated(sentence)

    assert german == "Periode 2026-03 ist vorläufig gesperrt. Bitte wieder öffnen, buchen und erneut sperren."
    assert nested == "Zeile 7: Periode 2026-03 ist festgeschrieben. Bitte in die nächste offene Periode buchen."
    assert "1.234,50" in amounts
    assert "15,00" in amounts
    assert (english, unknown) == (sentence, "Nobody has written this sentence down.")


def test_stranger_is_greeted_in_the_language_of_the_browser(real_commits: None) -> None:
    german, english = (browser(headers={"accept-language": language}).get("/admin/login/") for language in ("de", "en"))

    assert ("Anmelden" in german.content.decode(), "Sign in" in english.content.decode()) == (True, True)
