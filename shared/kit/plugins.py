"""Plug-ins: one per file of a folder, keyed by the file name, found when first asked for."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

Kind = TypeVar("Kind")


class PluginError(Exception):
    """A plug-in file holds none or several plug-ins, or one of the wrong kind."""


def load(package: str, kind: type[Kind]) -> dict[str, Kind]:
    """Every plug-in instance of `kind` in the folder `package`: file name to the one instance it defines.

    A file has exactly one module-level object of `kind`. Raises PluginError for zero or two.
    """
    return {name: _only(module, _instances(module, kind), kind) for name, module in _modules(package)}


def load_classes(package: str, kind: type[Kind]) -> dict[str, type[Kind]]:
    """Every plug-in class below `kind` in the folder `package`: file name to the one class it defines.

    A file has exactly one concrete subclass of `kind` of its own. Raises PluginError for zero or two.
    """
    return {name: _only(module, _classes(module, kind), kind) for name, module in _modules(package)}


@cache
def _modules(package: str) -> tuple[tuple[str, ModuleType], ...]:
    folder = importlib.import_module(package)
    names = sorted(info.name for info in pkgutil.iter_modules(folder.__path__) if not info.name.startswith("_"))
    return tuple((name, importlib.import_module(f"{package}.{name}")) for name in names)


def _instances(module: ModuleType, kind: type[Kind]) -> list[Kind]:
    found: dict[int, Kind] = {id(value): value for value in vars(module).values() if isinstance(value, kind)}
    return list(found.values())


def _classes(module: ModuleType, kind: type[Kind]) -> list[type[Kind]]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, kind)
        and value is not kind
        and value.__module__ == module.__name__
        and not getattr(value, "__abstractmethods__", None)
    ]


def _only(module: ModuleType, found: list[Any], kind: type[Any]) -> Any:  # noqa: ANN401  # the caller's type says it
    if len(found) != 1:
        raise PluginError(f"{module.__name__} must define exactly one {kind.__name__}, it defines {len(found)}")
    return found[0]


def import_all(package: str) -> list[ModuleType]:
    """Import every module of a folder, so that what they declare (tables, routes) is known."""
    return [module for _, module in _modules(package)]
