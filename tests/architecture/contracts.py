"""Writes the import contracts of the house (`.importlinter`) from the folders that exist, one per door and noun.

`python -m tests.architecture.contracts` prints the file; `--write` stores it; `--check` fails when it is out of date.
"""

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("discovery", "scoring", "attribution")
PLUGINS = {
    "discovery": ("connectors",),
    "scoring": ("criteria", "gates"),
    "attribution": ("receivers", "models"),
}
PURE = {"discovery": ("ranking",), "scoring": ("criteria", "gates"), "attribution": ("models", "lift")}
# What pure code and wire types never reach, even through another module.
IMPURE = ("sqlalchemy", "httpx", "fastapi", "starlette", "asyncpg", "pgqueuer", "alembic", "uvicorn")
KIT_SCHEMAS = ("base", "currencies", "ids", "identity", "webhooks")


def nouns(root: Path, service: str) -> list[str]:
    """Folders of a service that hold a noun: they have a service.py or a repository.py."""
    folder = root / "services" / service
    return sorted(path.parent.name for path in folder.glob("*/repository.py")) if folder.exists() else []


def plugins(root: Path, service: str, kind: str) -> list[str]:
    folder = root / "services" / service / kind
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def render(root: Path = ROOT) -> str:
    """The text of `.importlinter` for the tree at `root`."""
    parts = ["[importlinter]\nroot_packages =\n    services\n    shared\ninclude_external_packages = True\n"]

    def contract(key: str, name: str, kind: str, **fields: list[str] | str) -> None:
        lines = [f"[importlinter:contract:{key}]", f"name = {name}", f"type = {kind}"]
        for field, value in fields.items():
            if isinstance(value, str):
                lines.append(f"{field} = {value}")
            else:
                lines.append(f"{field} =")
                lines.extend(f"    {item}" for item in value)
        parts.append("\n".join(lines) + "\n")

    everyone = [*SERVICES, "console"]
    contract(
        "services-apart", "Services and the console never import each other", "independence",
        modules=[f"services.{name}" for name in everyone],
    )  # fmt: skip
    contract(
        "shared-below", "Shared code never imports a service", "forbidden",
        source_modules=["shared"], forbidden_modules=["services"],
    )  # fmt: skip
    contract(
        "shared-layers", "In shared: clients above kit above schemas; rules apart", "forbidden",
        source_modules=["shared.schemas"], forbidden_modules=["shared.kit", "shared.clients", "shared.rules"],
    )  # fmt: skip
    contract(
        "rules-pure", "Rules import no kit and no clients", "forbidden",
        source_modules=["shared.rules"], forbidden_modules=["shared.kit", "shared.clients"],
    )  # fmt: skip
    business = sorted(
        f"shared.schemas.{path.stem}"
        for path in (root / "shared/schemas").glob("*.py")
        if path.stem not in {*KIT_SCHEMAS, "__init__"}
    )
    contract(
        "kit-without-business", "The kit knows no business word", "forbidden",
        source_modules=["shared.kit"], forbidden_modules=["shared.clients", "shared.rules", *business],
    )  # fmt: skip
    pure = [f"services.{service}.{kind}" for service, kinds in PURE.items() for kind in kinds]
    known = [name for name in pure if (root / Path(*name.split(".")) / "__init__.py").exists()]
    contract(
        "pure", "Pure folders and schemas reach no database, network or web framework", "forbidden",
        source_modules=[*known, "shared.rules", "shared.schemas"], forbidden_modules=list(IMPURE),
    )  # fmt: skip
    contract(
        "one-http-client", "httpx is imported in one module", "protected",
        protected_modules=["httpx"], allowed_importers=["shared.kit.http"],
    )  # fmt: skip
    for service in SERVICES:
        _service_contracts(root, service, contract)
    return "\n".join(parts)


def _service_contracts(root: Path, service: str, contract: Callable[..., None]) -> None:
    prefix = f"services.{service}"
    found = nouns(root, service)
    if (root / "services" / service / "tables").exists() and found:
        contract(
            f"{service}-tables", f"{service}: only repositories and migrations see tables", "protected",
            protected_modules=[f"{prefix}.tables"],
            allowed_importers=[*(f"{prefix}.{noun}.repository" for noun in found), f"{prefix}.migrations"],
        )  # fmt: skip
    if found:
        contract(
            f"{service}-acyclic", f"{service}: nouns do not import each other in a circle", "acyclic_siblings",
            ancestors=[prefix], depth="0",
        )  # fmt: skip
    for noun in found:
        folder = root / "services" / service / noun
        modules = sorted(path.stem for path in folder.glob("*.py") if path.stem not in {"__init__", "service"})
        contract(
            f"{service}-{noun}", f"{service}/{noun}: other nouns come in through service.py", "protected",
            protected_modules=[f"{prefix}.{noun}.{module}" for module in modules],
            allowed_importers=[f"{prefix}.{noun}", f"{prefix}.app", f"{prefix}.worker"],
        )  # fmt: skip
        layers = [
            " | ".join(name for name in ("routes", "jobs") if (folder / f"{name}.py").exists()),
            *(name for name in ("service", "repository") if (folder / f"{name}.py").exists()),
        ]
        contract(
            f"{service}-{noun}-layers", f"{service}/{noun}: routes and jobs, then service, then repository", "layers",
            layers=[layer for layer in layers if layer], containers=[f"{prefix}.{noun}"],
        )  # fmt: skip
    for kind in PLUGINS[service]:
        names = plugins(root, service, kind)
        if len(names) > 1:
            contract(
                f"{service}-{kind}", f"{service}/{kind}: plug-ins never import each other", "independence",
                modules=[f"{prefix}.{kind}.{name}" for name in names],
            )  # fmt: skip


def main() -> None:
    text, stored = render(), ROOT / ".importlinter"
    if "--write" in sys.argv:
        stored.write_text(text)
    elif "--check" in sys.argv:
        if stored.read_text() != text:
            sys.exit(".importlinter is not current: a folder came or went; run `make contracts`")
    else:
        print(text)


if __name__ == "__main__":
    main()
