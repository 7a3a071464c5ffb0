"""A text in both languages of the API's description, written side by side so that neither can be forgotten."""

from typing import Self


class Text(str):
    """English as the string itself, German in `de`. Fits wherever a field or a declaration takes a description."""

    de: str

    def __new__(cls, en: str, de: str) -> Self:
        """Both languages are required."""
        text = super().__new__(cls, en)
        text.de = de
        return text

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # two arguments where str has one; copies keep both languages
        return str(self), self.de

    def in_language(self, language: str) -> str:
        """The German text for `de`, English for everything else."""
        return self.de if language == "de" else str(self)
