"""Claims about every type on the wire: bounds, examples, descriptions, identifiers in answers."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import shared.schemas
from shared.schemas.base import Body, Schema


def _models() -> list[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    for module in pkgutil.iter_modules(shared.schemas.__path__, "shared.schemas."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, (Schema, Body)) and value.__module__ == module.name:
                found.add(value)
    return sorted(found - {Schema, Body}, key=lambda model: model.__qualname__)


MODELS = _models()
BODIES = [model for model in MODELS if issubclass(model, Body)]
# What an operation takes as its whole body; by their names.
REQUESTS = [model for model in BODIES if model.__name__.endswith(("Create", "Change", "Extend", "Import"))]


def _open_ends(schema: dict[str, Any], at: str) -> Iterator[str]:
    kind = schema.get("type")
    if kind == "string" and "enum" not in schema and "const" not in schema and "maxLength" not in schema:
        yield f"{at}: a text without maxLength"
    if kind in ("integer", "number") and "enum" not in schema and not {"minimum", "maximum"} <= schema.keys():
        yield f"{at}: a number without bounds"
    if kind == "array":
        if "maxItems" not in schema:
            yield f"{at}: a list without maxItems"
        yield from _open_ends(schema.get("items", {}), f"{at}[]")
    for name, part in schema.get("properties", {}).items():
        yield from _open_ends(part, f"{at}.{name}")
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _open_ends(part, at)
    if kind == "object" and "properties" not in schema:
        if "maxProperties" not in schema:
            yield f"{at}: a map without maxProperties"
        if isinstance(schema.get("additionalProperties"), dict):
            yield from _open_ends(schema["additionalProperties"], f"{at}{{}}")


@pytest.mark.parametrize("model", BODIES, ids=lambda model: model.__name__)
def test_everything_in_a_request_is_bounded(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    parts = {model.__name__: schema, **schema.get("$defs", {})}
    assert [fault for name, part in parts.items() for fault in _open_ends(part, name)] == []


@pytest.mark.parametrize("model", REQUESTS, ids=lambda model: model.__name__)
def test_every_request_has_examples_that_are_valid(model: type[BaseModel]) -> None:
    examples = model.model_json_schema().get("examples", [])
    assert examples
    for example in examples:
        read = model.model_validate(example)
        assert model.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_type_says_what_it_is_and_is_frozen(model: type[BaseModel]) -> None:
    assert (model.__doc__ or "").strip() not in ("", (model.__base__.__doc__ or "").strip())
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == ("forbid" if issubclass(model, Body) else "ignore")


def test_no_two_types_share_a_name() -> None:
    names = [model.__name__ for model in MODELS]
    assert len(names) == len(set(names))


def test_all_types_fit_in_one_document() -> None:
    public = [model for model in MODELS if not model.__name__.startswith("_")]
    for mode in ("validation", "serialization"):
        _, document = models_json_schema([(model, mode) for model in public])
        assert all("__" not in name for name in document["$defs"])


@pytest.mark.parametrize("model", [body for body in BODIES if body not in REQUESTS], ids=lambda model: model.__name__)
def test_a_value_has_one_schema_for_questions_and_answers(model: type[BaseModel]) -> None:
    # two would make two classes of it in every generated client
    assert model.model_json_schema(mode="validation") == model.model_json_schema(mode="serialization")
