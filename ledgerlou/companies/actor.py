"""Who acts, and through which door. Stored with every booking and every change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ledgerlou.companies.roles import scopes_of

CHANNELS: Final[Mapping[str, str]] = {
    "api": "REST API",
    "admin": "Back office",
    "command": "Command line",
    "task": "Background task",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """A person, a key that acts for a person, or the system itself.

    `actor_type` is `person`, `api_key` or `system`; `person_id` is the person four-eyes rules compare (a key acts for the
    person who made it), empty for the system; `label` is the name shown in books and history.
    """

    label: str
    channel: str
    actor_type: str = "system"
    person_id: UUID | None = None
    role: str = ""
    key_id: UUID | None = None
    key_prefix: str | None = None
    scopes: frozenset[str] = frozenset()

    @property
    def owner_id(self) -> UUID | None:
        """Who an idempotency key belongs to: the key itself, or the person of a session."""
        return self.key_id or self.person_id


def person_actor(*, person_id: UUID, label: str, role: str, channel: str) -> Actor:
    """A signed-in person with the rights of the role."""
    return Actor(label=label, channel=channel, actor_type="person", person_id=person_id, role=role, scopes=scopes_of(role))


def system_actor(label: str, channel: str = "command") -> Actor:
    """The software itself: commands of the operator, scheduled tasks, the demo."""
    return Actor(label=label, channel=channel)
