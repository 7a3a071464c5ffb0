"""All errors a client can meet, gathered from the classes."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pkgutil import walk_packages
from typing import Final

from ledgerlou.errors import LedgerLouError

PACKAGES: Final = ("ledgerlou", "periods", "accounting", "banking", "payables", "receivables")
SKIPPED: Final = ("migrations", "embedded", "settings", "management", "demo", "celery", "wsgi", "asgi", "urls")


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorEntry:
    """One code: `meaning` is the first sentence of the class's docstring."""

    code: str
    status: int
    title: str
    meaning: str


def error_classes() -> list[type[LedgerLouError]]:
    """Every class that has a code of its own, by code."""
    for package in PACKAGES:
        _import_all(package)
    found = {kind for kind in _subclasses(LedgerLouError) if "code" in vars(kind) or kind.__name__ == "InvalidInput"}
    return sorted(found, key=lambda kind: (kind.code, kind.__module__, kind.__name__))


def error_entries() -> list[ErrorEntry]:
    """The list as it is shown."""
    return [
        ErrorEntry(code=kind.code, status=kind.http_status, title=str(kind.title), meaning=meaning_of(kind)) for kind in error_classes()
    ]


def meaning_of(kind: type[LedgerLouError]) -> str:
    """The first paragraph of the docstring, on one line."""
    return " ".join((kind.__doc__ or "").strip().split("\n\n")[0].split())


def error_list_markdown() -> str:
    """The list as a page of the docs folder."""
    rows = [f"| `{entry.code}` | {entry.status} | {entry.title} | {entry.meaning} |" for entry in error_entries()]
    return "\n".join(
        [
            "# Errors",
            "",
            "Every refusal is `application/problem+json` (RFC 9457). Compare `error`, never the sentences. Made by `manage.py openapi`.",
            "",
            "| `error` | Status | Title | Meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _import_all(package: str) -> None:
    root = import_module(package)
    for module in walk_packages(root.__path__, f"{package}."):
        parts = module.name.split(".")
        if not any(part in SKIPPED for part in parts):
            import_module(module.name)


def _subclasses(kind: type[LedgerLouError]) -> Iterator[type[LedgerLouError]]:
    for child in kind.__subclasses__():
        if child.__module__.split(".")[0] in PACKAGES:
            yield child
        yield from _subclasses(child)
