"""Each tool of `check`, with this project's own configuration, refuses a file that breaks its rule."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.contracts import ROOT

BREAKS = [
    ("ruff", ["check", "--no-cache", "."], "import os\n", "F401"),
    ("ruff", ["check", "--no-cache", "."], "def one(x):\n    return x\n", "ANN"),
    ("ruff", ["format", "--no-cache", "--check", "."], "x = {  'a':1 }\n", "format"),
    ("mypy", ["--cache-dir=/dev/null", "shared/broken.py"], "def one(x):\n    return x\n", "no-untyped-def"),
    ("deptry", [".", "--ignore=DEP002"], "import requests\n", "DEP003"),  # one file cannot use every dependency
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The project's configuration over one small file."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder in ("services", "shared", "tests"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    return tmp_path


@pytest.mark.parametrize(("tool", "arguments", "source", "told"), BREAKS, ids=[f"{b[0]}: {b[3]}" for b in BREAKS])
def test_a_broken_file_is_refused(tree: Path, tool: str, arguments: list[str], source: str, told: str) -> None:
    for text, code in (('"""Good."""\n', 0), (source, 1)):
        (tree / "shared" / "broken.py").write_text(text)
        done = subprocess.run(
            [Path(sys.executable).with_name(tool), *arguments], cwd=tree, capture_output=True, text=True
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
    assert told in said
    assert "broken.py" in said
