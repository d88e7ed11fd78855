"""One plug-in a file, and none without a test of its own; each rule is shown to notice when it is broken."""

import ast
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from services.attribution.model import AttributionModel
from services.attribution.receiver import Receiver
from services.discovery.connector import Connector
from services.scoring.criterion import Criterion
from services.scoring.gate import Gate
from shared.kit.plugins import PluginError, load, load_classes
from tests.architecture import contracts

KINDS = [(service, kind) for service, kinds in contracts.PLUGINS.items() for kind in kinds]
every_kind = pytest.mark.parametrize(("service", "kind"), KINDS, ids=[f"{service}/{kind}" for service, kind in KINDS])

LOADERS: Mapping[str, Callable[[str], Mapping[str, object]]] = {
    "connectors": lambda package: load_classes(package, Connector),  # type: ignore[type-abstract]  # a kind is abstract
    "criteria": lambda package: load(package, Criterion),
    "gates": lambda package: load(package, Gate),
    "receivers": lambda package: load(package, Receiver),
    "models": lambda package: load(package, AttributionModel),
}


def untested(root: Path, service: str, kind: str) -> list[str]:
    """Plug-ins of a kind that have no file `test_<name>.py` with a test in it below their kind's folder of tests."""
    folder = root / "tests" / "services" / service / kind
    return [
        name
        for name in contracts.plugins(root, service, kind)
        if not any(_has_a_test(path) for path in folder.rglob(f"test_{name}.py"))
    ]


def _has_a_test(path: Path) -> bool:
    nodes = ast.walk(ast.parse(path.read_text()))
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[:5] == "test_" for node in nodes)


@every_kind
def test_every_plug_in_has_a_test_of_its_own(service: str, kind: str) -> None:
    assert untested(contracts.ROOT, service, kind) == []


@every_kind
def test_every_file_of_a_kind_is_a_plug_in_that_is_found(service: str, kind: str) -> None:
    names = contracts.plugins(contracts.ROOT, service, kind)
    assert sorted(LOADERS[kind](f"services.{service}.{kind}")) == names
    assert names


def test_every_kind_has_a_loader() -> None:
    assert {kind for _, kind in KINDS} == set(LOADERS)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of all plug-ins and of the tests, which a test may break."""
    for service, kind in KINDS:
        for place in (f"services/{service}/{kind}", f"tests/services/{service}/{kind}"):
            shutil.copytree(contracts.ROOT / place, tmp_path / place, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@every_kind
def test_a_plug_in_without_a_test_is_noticed(tree: Path, service: str, kind: str) -> None:
    (tree / "services" / service / kind / "newcomer.py").write_text('"""A plug-in."""\n')
    assert untested(tree, service, kind) == ["newcomer"]
    assert all(untested(tree, *other) == [] for other in KINDS if other != (service, kind))


@every_kind
def test_a_test_that_was_taken_away_or_emptied_is_noticed(tree: Path, service: str, kind: str) -> None:
    first, second, *_ = contracts.plugins(tree, service, kind)
    for path in (tree / "tests" / "services" / service / kind).rglob("test_*.py"):
        if path.stem == f"test_{first}":
            path.unlink()
        elif path.stem == f"test_{second}":
            path.write_text('"""Nothing is claimed here."""\n')
    assert untested(tree, service, kind) == [first, second]


def test_a_helper_beside_the_plug_ins_needs_no_test(tree: Path) -> None:
    (tree / "services/attribution/models/_shared.py").write_text('"""No plug-in."""\n')
    assert untested(tree, "attribution", "models") == []


def _package(tmp_path: Path, name: str, source: str) -> str:
    """A folder of plug-ins with one file, importable by a name that no other test uses."""
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "some.py").write_text(source)
    return name


_CLASS = """
class {name}(DeclaredConnector):
    name = "Some"
    required = ()
    refusal = ""
    published = ()
"""
_CLASSES = "from services.discovery.declared import DeclaredConnector\n"
_OBJECTS = "from services.attribution.model import AttributionModel\n"
_OBJECT = "{name} = AttributionModel(title='Some', weigh=lambda path: [1] * len(path))\n"


@pytest.mark.parametrize(
    ("package", "kind", "source", "found"),
    [
        ("no_class", "connectors", _CLASSES, 0),
        ("two_classes", "connectors", _CLASSES + _CLASS.format(name="One") + _CLASS.format(name="Two"), 2),
        ("no_object", "models", _OBJECTS, 0),
        ("two_objects", "models", _OBJECTS + _OBJECT.format(name="ONE") + _OBJECT.format(name="TWO"), 2),
        ("another_kind", "models", _CLASSES + _CLASS.format(name="One"), 0),
    ],
)
def test_zero_or_two_plug_ins_in_a_file_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, kind: str, source: str, found: int
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PluginError, match=rf"some must define exactly one \w+, it defines {found}"):
        LOADERS[kind](_package(tmp_path, f"plugins_{package}", source))


@pytest.mark.parametrize(
    ("package", "kind", "source"),
    [
        ("one_class", "connectors", _CLASSES + _CLASS.format(name="One")),
        ("one_object", "models", _OBJECTS + _OBJECT.format(name="ONE") + "ALSO = ONE\n"),
    ],
)
def test_one_plug_in_in_a_file_is_known_by_the_files_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, kind: str, source: str
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    assert list(LOADERS[kind](_package(tmp_path, f"plugins_{package}", source))) == ["some"]
