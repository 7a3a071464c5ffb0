"""Sign in, ask for a new password, set it: the operations that need no key."""

from ledgerlou.api import fields
from ledgerlou.api.answers import Refused
from ledgerlou.api.operation import Operation
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.serializers import Input, Output
from ledgerlou.api.text import Text
from ledgerlou.api.throttle import count_attempt
from ledgerlou.api.views import PublicView
from ledgerlou.companies.api.attempts import count_sign_in, remember_sign_in
from ledgerlou.companies.services.passwords import request_password_reset, set_password
from ledgerlou.companies.services.sign_in import OtpRequired, WrongCredentials, sign_in
from ledgerlou.errors import NotFound

MAX_EMAIL, MAX_SECRET = 254, 1000


class LoginInput(Input):
    """Who signs in, and where."""

    email = fields.EmailField(max_length=MAX_EMAIL, help_text=Text("E-mail address", "E-Mail-Adresse"))
    password = fields.SecretField(min_length=1, max_length=MAX_SECRET, help_text=Text("Password", "Passwort"))
    otp = fields.StringField(
        max_length=8,
        pattern=r"[0-9]{6,8}",
        required=False,
        help_text=Text("Digits of the authenticator, for people who use one", "Ziffern der Authenticator-App, falls eingerichtet"),
    )
    company_id = fields.IdField(
        required=False,
        help_text=Text("Company to work in; by default the first by name", "Firma, in der gearbeitet wird; sonst die erste nach Namen"),
    )


class SignedInPerson(Output):
    """Who has signed in."""

    id = fields.IdField(help_text=Text("The person", "Die Person"))
    email = fields.EmailField(help_text=Text("E-mail address", "E-Mail-Adresse"))
    name = fields.StringField(help_text=Text("Name", "Name"))
    role = fields.StringField(help_text=Text("Role in the company of this session", "Rolle in der Firma dieser Sitzung"))


class CompanyChoice(Output):
    """A company the person may sign in to."""

    id = fields.IdField(source="company_id", help_text=Text("The company", "Die Firma"))
    name = fields.StringField(help_text=Text("Name", "Name"))
    role = fields.StringField(help_text=Text("Role there", "Rolle dort"))


class Login(Output):
    """A session."""

    token = fields.StringField(
        help_text=Text("Session token, sent as `Authorization: Bearer`", "Sitzungstoken für `Authorization: Bearer`")
    )
    expires_at = fields.MomentField(help_text=Text("End of the session", "Ende der Sitzung"))
    user = SignedInPerson()
    company_id = fields.IdField(help_text=Text("Company of this session", "Firma dieser Sitzung"))
    companies = CompanyChoice(many=True)


class EmailInput(Input):
    """Whose password is forgotten."""

    email = fields.EmailField(max_length=MAX_EMAIL, help_text=Text("E-mail address", "E-Mail-Adresse"))


class NewPasswordInput(Input):
    """The token of a mail and the password to set."""

    token = fields.SecretField(
        min_length=1,
        max_length=MAX_SECRET,
        help_text=Text("The part behind # of the link in the mail", "Der Teil nach # im Link der Nachricht"),
    )
    password = fields.SecretField(min_length=1, max_length=MAX_SECRET, help_text=Text("The new password", "Das neue Passwort"))


class Done(Output):
    """Nothing more to say."""

    ok = fields.BoolField(help_text=Text("Always true", "Immer true"))


class LoginView(PublicView):
    """Exchanges a password for a session token."""

    tag = "Auth"

    @Operation(
        id="login",
        summary=Text("Sign in", "Anmelden"),
        description=Text(
            "Exchanges e-mail and password for a session token that is sent as Bearer like an API key. The answer is the same for an "
            "unknown address and a wrong password. People with a second factor send its digits as `otp`.",
            "Tauscht E-Mail-Adresse und Passwort gegen ein Sitzungstoken, das wie ein API-Schlüssel als Bearer gesendet wird. Die Antwort "
            "ist für unbekannte Adressen und falsche Passwörter dieselbe. Wer einen zweiten Faktor nutzt, sendet dessen Ziffern als `otp`.",
        ),
        body=LoginInput,
        answer=Login,
        errors=(WrongCredentials, OtpRequired, NotFound),
        limit_setting="LOGINS_PER_MINUTE",
        example={"email": "erika@example.org", "password": "a long password of your own"},
    )
    def post(self, request: ApiRequest) -> object:
        """Count the attempt on the account, then check the password."""
        count_sign_in(request.http, request.data["email"])
        try:
            session = sign_in(now=request.now, **request.data)
        except OtpRequired as error:
            return Refused(error)
        remember_sign_in(request.http, request.data["email"])
        person = session.person
        return {
            "token": session.token,
            "expires_at": session.expires_at,
            "user": {"id": person.id, "email": person.email, "name": person.name, "role": session.company.role},
            "company_id": session.company.company_id,
            "companies": session.companies,
        }


class ForgotPasswordView(PublicView):
    """Mails a reset link."""

    tag = "Auth"

    @Operation(
        id="forgotPassword",
        summary=Text("Ask for a new password", "Neues Passwort anfordern"),
        description=Text(
            "Mails a link that sets a new password within an hour. The answer is the same whether or not somebody has the address.",
            "Sendet einen Link, mit dem sich binnen einer Stunde ein neues Passwort festlegen lässt. Die Antwort ist dieselbe, ob jemand "
            "die Adresse hat oder nicht.",
        ),
        body=EmailInput,
        answer=Done,
        limit_setting="LOGINS_PER_MINUTE",
        example={"email": "erika@example.org"},
    )
    def post(self, request: ApiRequest) -> object:
        """Note the wish; a worker finds out whose it is."""
        count_attempt(f"reset {request.data['email']}", setting="LOGINS_PER_MINUTE")
        request_password_reset(email=request.data["email"], now=request.now)
        return {"ok": True}


class SetupPasswordView(PublicView):
    """Sets a first or new password."""

    tag = "Auth"

    @Operation(
        id="setupPassword",
        summary=Text("Set a password", "Passwort festlegen"),
        description=Text(
            "Sets the first or a new password with the token of an invitation or reset mail. The token works once; all sessions of the "
            "person end.",
            "Legt mit dem Token aus einer Einladung oder Passwort-Nachricht das erste oder ein neues Passwort fest. Das Token gilt einmal; "
            "alle Sitzungen der Person enden.",
        ),
        body=NewPasswordInput,
        answer=Done,
        limit_setting="LOGINS_PER_MINUTE",
        example={"token": "the part behind # of the link", "password": "a long password of your own"},
    )
    def post(self, request: ApiRequest) -> object:
        """Everything that is wrong with token and password is said at once."""
        set_password(token=request.data["token"], password=request.data["password"], now=request.now)
        return {"ok": True}
