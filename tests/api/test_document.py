"""The description of the API: complete, valid, the same every time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from jsonschema import Draft202012Validator

from ledgerlou.api.openapi.document import document_text, openapi_document
from ledgerlou.api.openapi.error_list import error_classes, error_entries, error_list_markdown
from ledgerlou.api.operation import Operation, Scopes
from ledgerlou.api.routes import all_operations
from ledgerlou.api.text import Text
from ledgerlou.api.views import CompanyView, PublicView
from tests.api.client import ApiClient
from tests.conftest import ROOT

SAMPLES = "tests.api.urls"
STATUSES = {400, 401, 403, 404, 405, 409, 410, 411, 413, 415, 422, 429, 500, 503}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document("en", SAMPLES)


def resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [node["$ref"]] if "$ref" in node else [found for inner in node.values() for found in references(inner)]
    return [found for inner in node for found in references(inner)] if isinstance(node, list) else []


def test_every_schema_is_valid_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for reference in references(document):
        assert resolve(document, {"$ref": reference})


def test_a_write_is_described_as_it_is_enforced(document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/notes"]["post"]
    body = resolve(document, operation["requestBody"]["content"]["application/json"]["schema"])
    line = resolve(document, body["properties"]["lines"]["items"])

    assert [resolve(document, parameter)["name"] for parameter in operation["parameters"]] == ["dry_run", "Idempotency-Key"]
    assert operation["x-required-scopes"] == ["journal:write"]
    assert operation["security"] == [{"bearer": []}]
    assert (body["additionalProperties"], body["required"]) == (False, ["name"])
    assert body["properties"]["amount"] == {
        "type": "number",
        "minimum": -9999999999999,
        "maximum": 9999999999999,
        "x-decimal-places": 2,
    }
    assert body["properties"]["kind"] == {"type": "string", "enum": ["plain", "fancy"], "default": "plain"}
    assert body["properties"]["reference"] == {"type": ["string", "null"], "format": "uuid"}
    assert {name: body["properties"]["lines"][name] for name in ("minItems", "maxItems")} == {"minItems": 1, "maxItems": 50}
    assert line["properties"]["account"] == {
        "type": "string",
        "maxLength": 8,
        "minLength": 1,
        "pattern": "^(?:[0-9]{1,8})$",
        "description": "Account",
    }
    assert set(operation["responses"]) == {"201", "400", "401", "403", "409", "411", "413", "415", "422", "429", "500", "503"}
    assert "Location" in operation["responses"]["201"]["headers"]


def test_problems_name_their_codes(document: dict[str, Any]) -> None:
    conflict = resolve(document, document["paths"]["/v1/notes"]["post"]["responses"]["409"])
    content = conflict["content"]["application/problem+json"]

    assert content["schema"]["allOf"][1]["properties"]["error"]["enum"] == ["NOTE_TAKEN", "TRY_AGAIN"]
    assert list(content["examples"]) == ["NOTE_TAKEN", "TRY_AGAIN"]
    assert "Retry-After" in conflict["headers"]


def test_reads_lists_and_public_operations_are_described(document: dict[str, Any]) -> None:
    listing, public = document["paths"]["/v1/notes"]["get"], document["paths"]["/v1/greetings"]["post"]

    assert [parameter["name"] for parameter in listing["parameters"]] == ["limit", "offset", "startDate", "include_inactive", "kind", "q"]
    assert listing["parameters"][0]["schema"] == {"type": "integer", "minimum": 1, "maximum": 5, "default": 2}
    assert (listing["x-required-scopes"], listing["x-required-scopes-mode"]) == (["config:read", "journal:read"], "any")
    assert {"X-Total-Count", "Link"} <= set(listing["responses"]["200"]["headers"])
    assert public["security"] == []
    assert "x-required-scopes" not in public
    assert not {"401", "403", "422"} & set(public["responses"])


def test_german_texts_stand_in_the_german_document() -> None:
    german = openapi_document("de", SAMPLES)

    assert german["paths"]["/v1/notes"]["post"]["summary"] == "Notiz anlegen"
    assert german["components"]["schemas"]["NoteInput"]["properties"]["name"]["description"] == "Name"
    assert german["paths"].keys() == openapi_document("en", SAMPLES)["paths"].keys()


def test_the_served_document_is_the_written_one(db: None, fresh_address: str, settings: Any) -> None:
    settings.ROOT_URLCONF = "ledgerlou.urls"
    client = ApiClient(None, address=fresh_address)

    english, german = client.get("/v1/openapi.json"), client.get("/v1/openapi.json?lang=de")

    assert english.content.decode() == (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert german.content.decode() == (ROOT / "docs" / "openapi.de.json").read_text(encoding="utf-8")
    assert client.get("/v1/openapi.json?lang=fr").pointers == ["?lang"]


def test_two_processes_write_the_same_document() -> None:
    script = (
        "import django; django.setup(); from ledgerlou.api.openapi.document import *; import hashlib; "
        "print(hashlib.sha256(document_text(openapi_document('de')).encode()).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT, env={**_environment(), "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]

    assert runs[0] == runs[1]


def _environment() -> dict[str, str]:
    import os  # noqa: PLC0415 -- used here alone

    return {**os.environ, "DJANGO_SETTINGS_MODULE": "ledgerlou.settings"}


def test_check_finds_a_stale_file(tmp_path: Path) -> None:
    call_command("openapi", folder=tmp_path, verbosity=0)
    call_command("openapi", folder=tmp_path, check=True)
    written = sorted(file.name for file in tmp_path.iterdir())
    (tmp_path / "errors.md").write_text("old", encoding="utf-8")

    with pytest.raises(CommandError, match=r"errors\.md"):
        call_command("openapi", folder=tmp_path, check=True)
    assert (tmp_path / "errors.md").read_text(encoding="utf-8") == "old"
    assert written == ["errors.md", "openapi.de.json", "openapi.json"]


def test_the_contract_is_met(shared: Path, tmp_path: Path, settings: Any) -> None:
    tags = {route.endpoint.tag for route in all_operations("ledgerlou.urls")} & {"Journal", "Periods", "Config", "Auth", "Contact"}
    schema = tmp_path / "openapi.json"
    schema.write_text(document_text(openapi_document("en", "ledgerlou.urls")), encoding="utf-8")
    arguments = [argument for tag in sorted(tags) for argument in ("--tag", tag)]

    checked = subprocess.run(
        [sys.executable, shared / "contract" / "check_openapi.py", schema, *arguments], capture_output=True, text=True, check=False
    )

    assert tags == {"Journal", "Periods", "Config", "Auth", "Contact"}
    assert (checked.returncode, checked.stdout.splitlines()[:-1]) == (0, [])


def test_every_route_has_both_languages() -> None:
    for route in all_operations("ledgerlou.urls"):
        summary = route.endpoint.operation.summary
        assert isinstance(summary, Text), route.path
        assert summary, route.path
        assert summary.de, route.path


def test_each_error_code_belongs_to_one_class() -> None:
    kinds = error_classes()
    codes = [kind.code for kind in kinds]

    assert sorted(codes) == sorted(set(codes))
    assert {kind.http_status for kind in kinds} <= STATUSES
    assert all(code.replace("_", "").isalnum() and code.isupper() for code in codes)


def test_the_error_list_says_what_each_code_means() -> None:
    listed = error_list_markdown()

    assert all(f"| `{entry.code}` | {entry.status} |" in listed for entry in error_entries())
    assert all(entry.meaning and entry.title for entry in error_entries())
    assert {"INVALID_INPUT", "UNAUTHORIZED", "NOT_FOUND", "TRY_AGAIN", "PERIOD_LOCKED"} <= {entry.code for entry in error_entries()}


def test_declarations_that_contradict_themselves_are_refused() -> None:
    text = Text("x", "x")
    with pytest.raises(ValueError, match="unknown scopes"):
        Scopes(("journal:destroy",))
    with pytest.raises(TypeError, match="names its scopes"):

        class _WithoutScope(CompanyView):
            @Operation(id="a", summary=text, answer=None)
            def get(self, request: Any) -> object: ...

    with pytest.raises(TypeError, match="names its scopes"):

        class _WithScope(PublicView):
            @Operation(id="b", summary=text, answer=None, scopes="journal:read")
            def get(self, request: Any) -> object: ...


def test_the_document_is_json_without_floats_that_grew(document: dict[str, Any]) -> None:
    example = json.loads(document_text(document))["paths"]["/v1/notes"]["post"]["requestBody"]["content"]["application/json"]["example"]

    assert example == {"name": "first", "amount": 119.1}
