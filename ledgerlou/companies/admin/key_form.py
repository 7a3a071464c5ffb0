"""The form for a new API key: what for, which rights in words, until when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminTextInputWidget

from ledgerlou.companies.admin.words import MODULE_NAMES, scope_sentence
from ledgerlou.companies.roles import ALL_SCOPES, MODULES, READ_SCOPES

OWN: Final = "own"
# What most keys are for. A program that books has to find accounts, tax codes and open periods first.
PRESETS: Final[Mapping[str, frozenset[str]]] = {
    "read": READ_SCOPES,
    "book": frozenset({"journal:read", "journal:write", "periods:read", "config:read"}),
    "all": ALL_SCOPES,
}
PRESET_WORDS: Final[Mapping[str, tuple[Any, Any]]] = {
    "read": (gettext_lazy("Read only"), gettext_lazy("Sees everything and changes nothing.")),
    "book": (gettext_lazy("Bookings"), gettext_lazy("Books, reverses and stores documents; sees what that takes.")),
    "all": (gettext_lazy("Everything I may"), gettext_lazy("All my rights in this company.")),
    OWN: (gettext_lazy("Own choice"), gettext_lazy("What is ticked below.")),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A ready choice of scopes: its name, what it is for, and the scopes as the page's script needs them."""

    value: str
    name: str
    sentence: str
    scopes: str
    is_checked: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ScopeChoice:
    """A scope to tick, in words."""

    scope: str
    sentence: str
    is_checked: bool

    @property
    def is_write(self) -> bool:
        """Whether it changes something; such scopes stand beside those that read."""
        return self.scope.endswith(":write")


class KeyForm(forms.Form):
    """What a key is for and what it may do."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("The program that will use the key."),
        widget=UnfoldAdminTextInputWidget({"autofocus": True}),
    )
    preset = forms.ChoiceField(label=gettext_lazy("Rights"), required=False, choices=[(value, value) for value in PRESET_WORDS])
    scopes = forms.MultipleChoiceField(label=gettext_lazy("Scopes"), required=False)
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Empty: the key works until it is revoked."),
        widget=forms.DateInput({"type": "date", "class": " ".join(BASE_INPUT_CLASSES)}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, held: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = tuple(held)
        self.fields["scopes"].choices = [(scope, scope) for scope in held]  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        """A preset means its scopes, as far as the person has them; otherwise what is ticked, at least one."""
        facts: dict[str, Any] = super().clean() or {}
        preset = facts.get("preset") or OWN
        if preset != OWN:
            facts["scopes"] = [scope for scope in self.held if scope in PRESETS[preset]]
            self.errors.pop("scopes", None)
        elif not facts.get("scopes") and "scopes" not in self.errors:
            self.add_error("scopes", _("Tick at least one right, or take one of the ready choices."))
        return facts

    def presets(self) -> list[Preset]:
        """The ready choices."""
        chosen = (self.data.get("preset") or OWN) if self.is_bound else "read"
        return [
            Preset(
                value=value,
                name=str(name),
                sentence=str(sentence),
                scopes=" ".join(scope for scope in self.held if scope in PRESETS.get(value, ())),
                is_checked=value == chosen,
            )
            for value, (name, sentence) in PRESET_WORDS.items()
        ]

    def scope_choices(self) -> list[ScopeChoice]:
        """Every scope the person has, in words, ticked as sent or, at first, as the first preset has it."""
        ticked = set(self.data.getlist("scopes")) if self.is_bound and hasattr(self.data, "getlist") else READ_SCOPES
        return [ScopeChoice(scope=scope, sentence=scope_sentence(scope), is_checked=scope in ticked) for scope in self.held]


def scopes_in_order(scopes: frozenset[str]) -> list[str]:
    """Scopes by module, reading before writing."""
    every = [f"{module}:{action}" for module in MODULES for action in ("read", "write")]
    return [scope for scope in (*every, "admin") if scope in scopes]


def rights_in_short(scopes: frozenset[str]) -> str:
    """The rights of a key in a few words, for a list."""
    if scopes >= ALL_SCOPES:
        return _("everything")
    if scopes == READ_SCOPES:
        return _("reads everything")
    parts = []
    for module in MODULES:
        actions = {scope.partition(":")[2] for scope in scopes if scope.startswith(f"{module}:")}
        if actions:
            said = {("read",): _("reads"), ("write",): _("changes"), ("read", "write"): _("reads and changes")}[tuple(sorted(actions))]
            parts.append(f"{MODULE_NAMES[module]}: {said}")
    return "; ".join([*parts, *([_("people")] if "admin" in scopes else [])])
