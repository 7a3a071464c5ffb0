"""One committed company for all tests of the books: a chart of 845 accounts is too much to write for each of them."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import new_company, show_company


@pytest.fixture(scope="session")
def kept_company(django_db_setup: None, django_db_blocker: Any) -> Any:
    """An SKR04 company that stays. Tests change it in transactions that are rolled back."""
    with django_db_blocker.unblock():
        return new_company()


@pytest.fixture
def company(db: None, kept_company: Any) -> Any:
    """The kept company as it was opened, shown by row-level security."""
    show_company(kept_company)
    return kept_company


@pytest.fixture
def files(tmp_path: Path, settings: Any) -> Path:
    """A folder of its own for the documents of a test."""
    options = {"location": str(tmp_path / "files")}
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    return tmp_path / "files"
