"""Write the API's description and error list into the docs folder."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledgerlou.api.openapi.document import document_text, openapi_document
from ledgerlou.api.openapi.error_list import error_list_markdown


class Command(BaseCommand):
    """Writes docs/openapi.json, docs/openapi.de.json and docs/errors.md; with --check only says whether they are up to date."""

    help = "Write docs/openapi.json, docs/openapi.de.json and docs/errors.md (--check: exit 1 when they are stale)."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """One switch, and the folder for tests."""
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "docs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare."""
        folder: Path = options["folder"]
        stale = []
        for name, text in _files().items():
            file = folder / name
            if file.is_file() and file.read_text(encoding="utf-8") == text:
                continue
            stale.append(name)
            if not options["check"]:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
                self.stdout.write(f"wrote {file}")
        if options["check"] and stale:
            raise CommandError(f"Stale: {', '.join(stale)}. Run `manage.py openapi` and commit the result.")


def _files() -> dict[str, str]:
    return {
        "openapi.json": document_text(openapi_document("en")),
        "openapi.de.json": document_text(openapi_document("de")),
        "errors.md": error_list_markdown(),
    }
