"""What pages and files of the books say, as tests compare it."""

import csv
import io
import re
from typing import Any

from django.urls import reverse

from tests.admin.books import Books


def numbers_on(reply: Any) -> list[int]:
    return [int(number) for number in re.findall(r'<tr data-number="(\d+)"', reply.content.decode())]


def ways_on(reply: Any) -> dict[str, str]:
    """The links to other pages of a list, by their German names."""
    links = re.findall(r'<a class="ll-button small" href="(\?[^"]*)"[^>]*>.*?(Neueste|Neuere|Ältere)', reply.content.decode())
    return {name: target.replace("&amp;", "&") for target, name in links}


def text_of(reply: Any) -> str:
    return b"".join(reply.streaming_content).decode()


def sheet_of(books: Books, account: str = "account") -> str:
    return reverse("admin:accounting_account_change", args=[books.rows[account]])


def rows_of_csv(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:]), delimiter=";"))
