"""Operations made up for the tests of the platform. Their "notes" are session tokens, the simplest table of the kernel."""

import threading
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from ledgerlou.api import fields
from ledgerlou.api.answers import Answer, FileAnswer, Page, Refused
from ledgerlou.api.operation import FileShape, Operation, all_scopes, any_scope
from ledgerlou.api.parameters import PathParameter, Query, limit, offset
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.serializers import Input, Output
from ledgerlou.api.text import Text
from ledgerlou.api.throttle import count_attempt
from ledgerlou.api.views import CompanyView, PublicView
from ledgerlou.companies.models.people import SessionToken
from ledgerlou.companies.rollback import after_rollback
from ledgerlou.errors import NotFound, WrongState

UNDONE: list[str] = []
COMMITTED: list[str] = []
CALLS: list[str] = []
GATE = threading.Event()


class NoteTaken(WrongState):
    """The name of the note is taken."""

    code, http_status, title = "NOTE_TAKEN", 409, "Name taken"


class LineInput(Input):
    account = fields.StringField(max_length=8, pattern="[0-9]{1,8}", help_text=Text("Account", "Konto"))
    debit = fields.MoneyField(min_value=0, help_text=Text("Debit", "Soll"))
    tax_code = fields.StringField(max_length=20, required=False, allow_null=True)


class NoteInput(Input):
    name = fields.StringField(max_length=64, help_text=Text("Name", "Name"))
    amount = fields.MoneyField(required=False)
    rate = fields.NumberField(max_digits=18, decimal_places=8, required=False)
    kind = fields.ChoiceField(["plain", "fancy"], ignore_case=True, default="plain")
    count = fields.IntField(min_value=1, max_value=99, required=False)
    active = fields.BoolField(default=True)
    booking_date = fields.DateField(required=False)
    reference = fields.IdField(required=False, allow_null=True)
    tags = fields.ListField(child=fields.StringField(max_length=10), max_length=3, required=False)
    metadata = fields.ObjectField(required=False, allow_null=True)
    lines = LineInput(many=True, required=False, min_length=1, max_length=50)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if attrs["name"] == "forbidden":
            fields.refuse({"name": "Is forbidden."})
        return attrs


class LineRow(Output):
    account = fields.StringField()
    debit = fields.MoneyField()
    tax_code = fields.StringField(allow_null=True)


class NoteRow(Output):
    id = fields.IdField()
    name = fields.StringField()
    amount = fields.MoneyField(allow_null=True)
    secret = fields.StringField(required=False)
    created_at = fields.MomentField(required=False)
    lines = LineRow(many=True, required=False)


class NotePage(Output):
    notes = NoteRow(many=True)
    total = fields.IntField()
    limit = fields.IntField()
    offset = fields.IntField()


def rows(request: ApiRequest) -> list[SessionToken]:
    return list(SessionToken.objects.of(request.company_id).order_by("token_hash"))


def row_of(token: SessionToken) -> dict[str, object]:
    return {"id": token.id, "name": token.token_hash, "amount": Decimal("119.1"), "created_at": token.created_at}


def add_note(request: ApiRequest, name: str) -> SessionToken:
    if SessionToken.objects.of(request.company_id).filter(token_hash=name).exists():
        raise NoteTaken("There is such a note.", existing=[1, Decimal("1.50")])
    return SessionToken.objects.create(
        company_id=request.company_id,
        person_id=request.actor.person_id,
        token_hash=name,
        created_at=request.now,
        expires_at=request.now + timedelta(hours=1),
    )


class NotesView(CompanyView):
    tag = "Samples"

    @Operation(
        id="listNotes",
        summary=Text("List notes", "Notizen auflisten"),
        scopes=any_scope("config:read", "journal:read"),
        query=(
            limit(default=2, maximum=5),
            offset(),
            Query("startDate", "date", text=Text("From", "Von")),
            Query("include_inactive", "boolean", default=False),
            Query("kind", enum=("plain", "fancy")),
            Query("q"),
        ),
        answer=NoteRow(many=True),
        paged=True,
    )
    def get(self, request: ApiRequest) -> object:
        found = [row_of(token) for token in rows(request)]
        start = request.query["offset"]
        return Page(found[start : start + request.query["limit"]], total=len(found))

    @Operation(
        id="createNote",
        summary=Text("Add a note", "Notiz anlegen"),
        scopes="journal:write",
        body=NoteInput,
        answer=NoteRow,
        status=201,
        creates=True,
        secret_keys=("secret",),
        errors=(NoteTaken,),
        example={"name": "first", "amount": Decimal("119.10")},
    )
    def post(self, request: ApiRequest) -> object:
        CALLS.append(request.data["name"])
        after_rollback(lambda: UNDONE.append(request.data["name"]))
        transaction.on_commit(lambda: COMMITTED.append(request.data["name"]))
        note = add_note(request, request.data["name"])
        if request.data["name"] == "slow":
            GATE.wait(5)
        lines = [
            {"account": line["account"], "debit": line["debit"], "tax_code": line.get("tax_code")} for line in request.data.get("lines", [])
        ]
        body = {**row_of(note), "amount": request.data.get("amount"), "secret": "once", "lines": lines}
        return Answer(body, location=f"/v1/notes/{note.id}")


class NotePagesView(CompanyView):
    tag = "Samples"

    @Operation(
        id="listNotePages",
        summary=Text("Notes in an envelope", "Notizen mit Umschlag"),
        scopes=all_scopes("config:read", "journal:read"),
        query=(limit(), offset()),
        answer=NotePage,
    )
    def get(self, request: ApiRequest) -> object:
        found = [row_of(token) for token in rows(request)]
        return {"notes": found, "total": len(found), **request.paging}


class NoteView(CompanyView):
    tag = "Samples"
    path = (PathParameter("id", "uuid", malformed=NotFound, text=Text("The note", "Die Notiz")),)

    @Operation(id="getNote", summary=Text("A note", "Eine Notiz"), scopes="journal:read", answer=NoteRow, errors=(NotFound,))
    def get(self, request: ApiRequest, *, id: UUID) -> object:
        token = SessionToken.objects.of(request.company).filter(id=id).first()
        if token is None:
            raise NotFound("There is no such note.")
        return row_of(token)

    @Operation(
        id="deleteNote",
        summary=Text("Remove a note", "Notiz entfernen"),
        scopes="journal:write",
        answer=None,
        status=204,
        errors=(NotFound,),
    )
    def delete(self, request: ApiRequest, *, id: UUID) -> object:
        SessionToken.objects.of(request.company).filter(id=id).delete()
        return None


class NoteAttemptView(CompanyView):
    tag = "Samples"
    path = (PathParameter("period", "period"),)

    @Operation(
        id="attemptNote",
        summary=Text("Refused, yet recorded", "Abgelehnt, aber vermerkt"),
        scopes="journal:write",
        answer=NoteRow,
        errors=(NoteTaken,),
    )
    def post(self, request: ApiRequest, *, period: str) -> object:
        add_note(request, f"attempt {period}")
        return Refused(NoteTaken("Refused, but the attempt stays."))


class NoteFileView(CompanyView):
    tag = "Samples"

    class Upload(Input):
        file = fields.FileField(max_bytes=1000)
        title = fields.StringField(required=False)

    @Operation(
        id="getNoteFile",
        summary=Text("All notes as a file", "Alle Notizen als Datei"),
        scopes="journal:read",
        answer=FileShape(("text/csv",)),
    )
    def get(self, request: ApiRequest) -> object:
        return FileAnswer(b"a;b\r\n", content_type="text/csv", filename="Umsätze.csv")

    @Operation(
        id="uploadNoteFile",
        summary=Text("Read a file", "Datei lesen"),
        scopes="journal:write",
        form=Upload,
        body=NoteInput,
        answer=NoteRow,
        max_bytes=3000,
    )
    def post(self, request: ApiRequest) -> object:
        name = request.data["file"].read().decode() if "file" in request.data else request.data["name"]
        return {"id": request.actor.person_id, "name": name, "amount": None}


class BrokenView(CompanyView):
    tag = "Samples"
    path = (PathParameter("how", enum=("bug", "write", "guard", "timeout", "deferred", "lock")),)

    @Operation(id="breakSomething", summary=Text("Fail", "Scheitern"), scopes="journal:read", answer=NoteRow)
    def get(self, request: ApiRequest, *, how: str) -> object:
        with connection.cursor() as cursor:
            if how == "bug":
                raise RuntimeError("secret internals")
            if how == "timeout":
                cursor.execute("SET LOCAL statement_timeout = 50")
                cursor.execute("SELECT pg_sleep(1)")
            if how == "lock":
                cursor.execute("SET LOCAL lock_timeout = 50")
                cursor.execute("SELECT pg_advisory_xact_lock(4711)")
            if how == "write":
                add_note(request, "from a read")
        return {"id": request.company_id, "name": "answer", "amount": None}

    @Operation(id="breakWriting", summary=Text("Fail", "Scheitern"), scopes="journal:write", answer=NoteRow)
    def post(self, request: ApiRequest, *, how: str) -> object:
        with connection.cursor() as cursor:
            if how == "guard":
                cursor.execute("DELETE FROM companies_auditentry")
            if how == "deferred":  # the foreign key to the person is checked late
                SessionToken.objects.create(
                    company_id=request.company_id,
                    person_id=request.company_id,
                    token_hash="x",
                    created_at=request.now,
                    expires_at=request.now,
                )
        return {"id": request.company_id, "name": "answer", "amount": None}


class OpenView(PublicView):
    tag = "Samples"

    class Greeting(Input):
        email = fields.EmailField(max_length=100)

    class Reply(Output):
        ok = fields.BoolField()

    @Operation(id="greet", summary=Text("Greet", "Grüßen"), body=Greeting, answer=Reply, limit_setting="LOGINS_PER_MINUTE")
    def post(self, request: ApiRequest) -> object:
        count_attempt(f"greet:{request.data['email']}", setting="LOGINS_PER_MINUTE")
        return {"ok": True}
