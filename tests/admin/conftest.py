"""Books that are committed: the back office opens transactions of its own, as it does for people."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.admin.books import Books, open_books


@pytest.fixture(scope="session", autouse=True)
def _static_folder() -> None:
    """WhiteNoise warns about a missing folder, and warnings are errors."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def _books(django_db_setup: None, django_db_blocker: object) -> Books:
    with django_db_blocker.unblock():
        return open_books()


@pytest.fixture
def books(_books: Books, real_commits: None) -> Iterator[Books]:
    """The same books for all tests that only look."""
    return _books


@pytest.fixture
def own_books(real_commits: None) -> Books:
    """Books for a test that changes something."""
    return open_books()


@pytest.fixture(scope="session")
def _other_books(django_db_setup: None, django_db_blocker: object) -> Books:
    with django_db_blocker.unblock():
        return open_books("Fremde Werft UG", chart="skr03")


@pytest.fixture
def other_books(_other_books: Books, real_commits: None) -> Books:
    """Somebody else's books."""
    return _other_books
