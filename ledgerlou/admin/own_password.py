"""A person's own password."""

from unfold.forms import AdminOwnPasswordChangeForm

from ledgerlou import clock
from ledgerlou.companies.models.people import Person
from ledgerlou.companies.services.passwords import change_password


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]  # unfold ships no types
    """The old password and the new one, twice. Django checks them; the service stores the new one and ends the sessions of the API."""

    def save(self, commit: bool = True) -> Person:
        """Change the password of the person who asks."""
        person: Person = self.user
        change_password(person=person, password=self.cleaned_data["new_password1"], now=clock.now())
        return person
