"""The contact form of the website."""

from ledgerlou.api import fields
from ledgerlou.api.operation import Operation
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.serializers import Input, Output
from ledgerlou.api.text import Text
from ledgerlou.api.views import PublicView
from ledgerlou.companies.services.contact import receive_contact_message


class ContactInput(Input):
    """A visitor's message. `_honeypot` is hidden from people; only programs fill it."""

    name = fields.StringField(max_length=150, help_text=Text("Your name", "Ihr Name"))
    email = fields.EmailField(max_length=254, help_text=Text("Your e-mail address", "Ihre E-Mail-Adresse"))
    message = fields.StringField(max_length=10_000, help_text=Text("Your message", "Ihre Nachricht"))
    _honeypot = fields.StringField(
        max_length=10_000, required=False, allow_blank=True, allow_null=True, help_text=Text("Must stay empty", "Muss leer bleiben")
    )


class ContactAnswer(Output):
    """The message was taken."""

    ok = fields.BoolField(help_text=Text("Always true", "Immer true"))


class ContactView(PublicView):
    """Takes messages from the website."""

    tag = "Contact"

    @Operation(
        id="sendContactMessage",
        summary=Text("Contact form", "Kontaktformular"),
        description=Text("Sends a message to the operator.", "Sendet dem Betreiber eine Nachricht."),
        body=ContactInput,
        answer=ContactAnswer,
        limit_setting="LOGINS_PER_MINUTE",
        example={"name": "Nils Beispiel", "email": "nils@example.org", "message": "What does it cost?"},
    )
    def post(self, request: ApiRequest) -> object:
        """A filled trap is answered like everything else and dropped."""
        data = request.data
        if not data.get("_honeypot"):
            receive_contact_message(name=data["name"], email=data["email"], message=data["message"], now=request.now)
        return {"ok": True}
