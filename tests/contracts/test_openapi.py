"""The committed OpenAPI documents are the code's, and losing or narrowing a field does not pass."""

import copy
import re

import pytest

from tests.contracts import openapi

DOCUMENTS = openapi.documents()
OPERATIONS = [
    (name, path, method)
    for name, document in DOCUMENTS.items()
    for path, operations in document["paths"].items()
    for method in operations
    if method in openapi.METHODS
]


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_nothing_was_taken_from_callers(name: str) -> None:
    assert openapi.narrowings(openapi.committed()[name], DOCUMENTS[name]) == []


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_the_committed_document_is_current(name: str) -> None:
    assert openapi.committed()[name] == DOCUMENTS[name], "run `make openapi`"


@pytest.mark.parametrize(
    ("broken", "noticed"),
    [
        (lambda d: d["paths"].pop("/v1/keys"), "GET /v1/keys is gone"),
        (lambda d: d["components"]["schemas"]["Workspace"]["properties"].pop("name"), "Workspace.name is gone"),
        (
            lambda d: d["components"]["schemas"]["KeyCreate"]["required"].append("workspace_id"),
            "KeyCreate.workspace_id is now required",
        ),
        (lambda d: d["components"]["schemas"]["Scope"]["enum"].remove("read"), "Scope: value 'read' is gone"),
        (
            lambda d: d["components"]["schemas"]["WorkspaceCreate"]["properties"]["name"].update(maxLength=5),
            "WorkspaceCreate.name: maxLength narrowed from 200 to 5",
        ),
        (
            lambda d: d["components"]["schemas"]["Workspace"]["properties"]["name"].update(type="integer"),
            "Workspace.name no longer takes string",
        ),
    ],
)
def test_a_narrowed_document_is_noticed(broken, noticed: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  # a lambda
    changed = copy.deepcopy(DOCUMENTS["attribution"])
    broken(changed)
    assert noticed in openapi.narrowings(DOCUMENTS["attribution"], changed)


@pytest.mark.parametrize(("name", "path", "method"), OPERATIONS, ids=[f"{n} {m} {p}" for n, p, m in OPERATIONS])
def test_every_operation_is_fit_for_client_generators(name: str, path: str, method: str) -> None:
    operation = DOCUMENTS[name]["paths"][path][method]
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", operation["operationId"])
    assert operation.get("summary")
    assert operation.get("tags")
    if path.startswith("/v1/"):
        assert operation.get("security"), "no key asked for"
        assert {"401", "403", "422", "500"} <= set(operation["responses"])
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        body = next(one for one in [*body.get("anyOf", []), body] if "$ref" in one)
        schema = DOCUMENTS[name]["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        assert schema.get("examples"), f"{schema['title']} has no example"


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_operation_ids_are_unique(name: str) -> None:
    ids = [DOCUMENTS[n]["paths"][p][m]["operationId"] for n, p, m in OPERATIONS if n == name]
    assert len(ids) == len(set(ids))
