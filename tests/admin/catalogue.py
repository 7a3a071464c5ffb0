"""Reads catalogues, and finds the texts in code and templates that belong in them. Made by hand: machines that run tests have no gettext."""

import ast
import gettext
import json
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import template as django_template

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "ledgerlou" / "locale"
OURS = [
    *sorted((ROOT / "ledgerlou" / "admin").rglob("*.py")),
    *sorted((ROOT / "ledgerlou" / "companies").rglob("*.py")),
    *sorted((ROOT / "accounting" / "admin").glob("*.py")),
    *sorted((ROOT / "accounting" / "models").glob("*.py")),
    ROOT / "accounting" / "wording.py",
    *sorted((ROOT / "periods" / "admin").glob("*.py")),
    ROOT / "periods" / "open_work.py",
    ROOT / "periods" / "models.py",
    ROOT / "ledgerlou" / "desk.py",
    ROOT / "ledgerlou" / "settings" / "unfold.py",
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# The services behind buttons, and what they call: what these refuse, a person reads.
REFUSING = [
    *(ROOT / "accounting" / name for name in ("expansion.py", "item_effects.py", "posting.py", "selectors/originals.py")),
    *(ROOT / "accounting" / name for name in ("fx.py", "document_types.py", "selectors/booking_templates.py")),
    *(ROOT / "accounting" / "services" / name for name in ("reversals.py", "opening_balances.py", "booking_templates.py", "changes.py")),
    *(ROOT / "accounting" / "services" / name for name in ("accounts.py", "tax_codes.py", "verification.py")),
    *sorted((ROOT / "accounting" / "german").glob("datev_*.py")),
    *(path for path in sorted((ROOT / "accounting" / "services").glob("datev_import*.py")) if path.stem != "datev_import_text"),
    *(ROOT / "periods" / name for name in ("gate.py", "locks.py", "checklist.py", "closing.py")),
    *(ROOT / "ledgerlou" / "companies" / "services" / name for name in ("company.py", "memberships.py", "keys.py", "passwords.py")),
]
_GETTEXT = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"})
_PLACES = "abcdefghijklmnopqrstuvwxyz"


def po_entries(language: str) -> dict[str, str]:
    """Texts and translations of our source catalogue; the head is left out."""
    entries: dict[str, str] = {}
    for block in (LOCALES / language / "LC_MESSAGES" / "django.po").read_text().split("\n\n"):
        parts: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            found = re.match(r'(msgid|msgstr) (".*")$', line)
            if found:
                key, line = found[1], found[2]  # noqa: PLW2901 -- the rest of the line goes on below
            if line.startswith('"') and key:
                parts[key] = parts.get(key, "") + json.loads(line)
        if parts.get("msgid"):
            entries[parts["msgid"]] = parts["msgstr"]
    return entries


def mo_entries(language: str) -> dict[str, str]:
    """The same from the compiled catalogue that runs."""
    with (LOCALES / language / "LC_MESSAGES" / "django.mo").open("rb") as compiled:
        known = gettext.GNUTranslations(compiled)
    return {text: known.gettext(text) for text in po_entries(language) if known.gettext(text) != text or known.gettext(text) == text}


def texts_of_code(path: Path) -> Iterator[str]:
    """What the code hands to gettext."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and _name(node.func) in _GETTEXT:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def texts_of_template(path: Path) -> Iterator[str]:
    """What a template hands to gettext, as Django's own extraction sees it."""
    yield from texts_of_code_text(django_template.templatize(path.read_text()))


def texts_of_code_text(source: str) -> Iterator[str]:
    """Texts in the C-like code that Django makes of a template for xgettext."""
    for found in re.finditer(r"""(?:gettext|_)\(u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", source):
        yield ast.literal_eval(found[1])


def sentences_of(path: Path) -> Iterator[str]:
    """Sentences that code can say: texts and f-strings with a blank that begin with a capital or a fact and end with a full stop."""
    tree = ast.parse(path.read_text())
    inner = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if node in _docstrings(tree) or node in inner:
            continue
        text = _pattern(node)
        if re.match(r"[A-Z{]", text) and " " in text and text.rstrip().endswith(".") and "SELECT" not in text:
            yield text


def visible_text(html: str) -> str:
    """What a page says to its reader: text, and the attributes that are shown or read aloud."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    body = re.sub(r"<span[^>]*material-symbols-outlined[^>]*>.*?</span>", " ", body, flags=re.DOTALL)
    shown = re.findall(r'\s(?:title|placeholder|aria-label|alt|data-label)="([^"]*)"', body)
    return " ".join([re.sub(r"<[^>]+>", " ", re.sub(r'="[^"]*"', "", body)), *shown])


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    holders = (node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef))
    return {node.body[0].value for node in holders if node.body and isinstance(node.body[0], ast.Expr)}


def _pattern(node: ast.AST) -> str:
    """A text as the catalogue has it: `{a}`, `{b}` … for the facts of an f-string."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    places = iter(_PLACES)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else f"{{{next(places)}}}" for part in node.values)


def _name(function: ast.AST) -> str:
    return function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
