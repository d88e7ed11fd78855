"""The OpenAPI documents: written from the code, committed, and compared so that no field goes or narrows unseen.

`python -m tests.contracts.openapi --write` stores them in shared/openapi; it refuses a document that takes something
away from callers, unless `--breaking` says that this is meant.
"""

import json
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from services.attribution.app import create_app as attribution
from services.attribution.settings import AttributionSettings
from services.discovery.app import create_app as discovery
from services.discovery.settings import DiscoverySettings
from services.scoring.app import create_app as scoring
from services.scoring.settings import ScoringSettings

FOLDER = Path(__file__).parents[2] / "shared/openapi"
Document = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


@cache
def documents() -> dict[str, Document]:
    """The three documents as the code says them now."""
    with tempfile.TemporaryDirectory() as home:
        common = {
            "database_url": "postgresql://nobody@127.0.0.1:1/none",
            "groundswell_home": home,
            "groundswell_secret": "only to compose the application",
        }
        return {
            "discovery": discovery(DiscoverySettings.model_validate(common)).openapi(),
            "scoring": scoring(ScoringSettings.model_validate(common)).openapi(),
            "attribution": attribution(AttributionSettings.model_validate(common)).openapi(),
        }


def committed() -> dict[str, Document]:
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def narrowings(old: Document, new: Document) -> list[str]:
    """What callers of `old` would miss in `new`: operations, parameters, fields, allowed values, or a new duty."""
    found: list[str] = []
    for path, operations in old["paths"].items():
        for method in METHODS:
            if method not in operations:
                continue
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                found.append(f"{method.upper()} {path} is gone")
                continue
            found.extend(_operation(f"{method.upper()} {path}", operations[method], after))
    schemas = new.get("components", {}).get("schemas", {})
    for name, schema in old.get("components", {}).get("schemas", {}).items():
        if name not in schemas:
            found.append(f"schema {name} is gone")
        else:
            found.extend(_schema(name, schema, schemas[name]))
    return found


def _operation(where: str, old: Document, new: Document) -> list[str]:
    found: list[str] = []
    if old["operationId"] != new["operationId"]:
        found.append(f"{where}: operationId {old['operationId']} is now {new['operationId']}")
    before = {(one["in"], one["name"]): one for one in old.get("parameters", [])}
    after = {(one["in"], one["name"]): one for one in new.get("parameters", [])}
    found.extend(f"{where}: parameter {name} is gone" for place, name in before if (place, name) not in after)
    found.extend(
        f"{where}: parameter {name} is now required"
        for (place, name), one in after.items()
        if one.get("required") and not before.get((place, name), {}).get("required")
    )
    found.extend(f"{where}: answer {status} is gone" for status in old["responses"] if status not in new["responses"])
    return found


def _schema(where: str, old: Document, new: Document) -> list[str]:
    found: list[str] = []
    before, after = old.get("properties", {}), new.get("properties", {})
    found.extend(f"{where}.{name} is gone" for name in before if name not in after)
    found.extend(
        f"{where}.{name} is now required"
        for name in new.get("required", [])
        if name not in old.get("required", []) and name in before
    )
    found.extend(
        f"{where}: value {value!r} is gone" for value in old.get("enum", []) if value not in new.get("enum", [])
    )
    for name, field in before.items():
        if name in after:
            found.extend(_field(f"{where}.{name}", field, after[name]))
    return found


def _field(where: str, old: Document, new: Document) -> list[str]:
    kinds = _kinds(old) - _kinds(new)
    found = [f"{where} no longer takes {kind}" for kind in sorted(kinds)]
    for limit, tighter in (("maximum", -1), ("maxLength", -1), ("maxItems", -1), ("minimum", 1), ("minLength", 1)):
        if limit in new and (limit not in old or (new[limit] - old[limit]) * tighter > 0):
            found.append(f"{where}: {limit} narrowed from {old.get(limit, 'none')} to {new[limit]}")
    return found


def _kinds(field: Document) -> set[str]:
    options = field.get("anyOf") or field.get("oneOf") or [field]
    return {str(option.get("type") or option.get("$ref") or option.get("const") or "any") for option in options}


def main() -> None:
    old, new = committed(), documents()
    lost = [f"{name}: {line}" for name in old for line in narrowings(old[name], new[name])]
    if lost and "--breaking" not in sys.argv:
        sys.exit("\n".join([*lost, "callers would break; --breaking writes it all the same"]))
    if "--write" in sys.argv:
        for name, document in new.items():
            (FOLDER / f"{name}.json").write_text(
                json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
            )


if __name__ == "__main__":
    main()
