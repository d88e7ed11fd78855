"""Every door of the house holds, and each one is shown to fail when it is broken on purpose."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import contracts

LINT = Path(sys.executable).with_name("lint-imports")


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    (tree / ".importlinter").write_text(contracts.render(tree))
    return subprocess.run(
        [LINT, "--no-cache"],
        cwd=tree,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the house that a test may break."""
    for folder in ("services", "shared"):
        shutil.copytree(contracts.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_committed_contracts_are_current() -> None:
    assert (contracts.ROOT / ".importlinter").read_text() == contracts.render()


def test_the_house_keeps_its_contracts(tree: Path) -> None:
    done = lint(tree)
    assert done.returncode == 0, done.stdout


BREAKS = [
    ("services/discovery/settings.py", "import services.scoring.settings", "never import each other"),
    ("services/console/__init__.py", "import services.attribution.settings", "never import each other"),
    ("shared/kit/ids.py", "import services.discovery.settings", "Shared code never imports a service"),
    ("shared/schemas/base.py", "import shared.kit.ids", "In shared: clients above kit above schemas"),
    ("shared/rules/hashtags.py", "import shared.kit.ids", "Rules import no kit"),
    ("shared/kit/ids.py", "import shared.schemas.campaigns", "The kit knows no business word"),
    ("shared/schemas/base.py", "import sqlalchemy", "Pure folders and schemas"),
    ("services/discovery/ranking/rank.py", "import shared.kit.db", "Pure folders and schemas"),
    ("services/scoring/criteria/engagement.py", "import asyncpg", "Pure folders and schemas"),
    ("services/attribution/models/last_touch.py", "import httpx", "Pure folders and schemas"),
    ("services/discovery/worker.py", "import httpx", "httpx is imported in one module"),
    (
        "services/discovery/searches/routes.py",
        "import services.discovery.tables.base",
        "only repositories and migrations see tables",
    ),
    ("services/discovery/searches/repository.py", "import services.discovery.searches.routes", "routes and jobs"),
    (
        "services/discovery/searches/service.py",
        "import services.discovery.imports.repository",
        "other nouns come in through service.py",
    ),
    (
        "services/discovery/connectors/bluesky.py",
        "import services.discovery.connectors.mastodon",
        "plug-ins never import each other",
    ),
    (
        "services/scoring/criteria/engagement.py",
        "import services.scoring.criteria.niche_focus",
        "plug-ins never import each other",
    ),
    (
        "services/attribution/models/last_touch.py",
        "import services.attribution.models.linear",
        "plug-ins never import each other",
    ),
    (
        "services/attribution/receivers/stripe.py",
        "import services.attribution.receivers.shopify",
        "plug-ins never import each other",
    ),
]


@pytest.mark.parametrize(("file", "line", "contract"), BREAKS, ids=[f"{b[0]}: {b[1]}" for b in BREAKS])
def test_a_broken_door_is_noticed(tree: Path, file: str, line: str, contract: str) -> None:
    path = tree / file
    path.write_text(f"{path.read_text()}\n{line}\n")
    done = lint(tree)
    broken = [text for text in done.stdout.splitlines() if text.endswith("BROKEN")]
    assert done.returncode == 1, done.stdout
    assert any(contract in text for text in broken), done.stdout


def test_a_circle_of_nouns_is_noticed(tree: Path) -> None:
    for one, other in (("campaigns", "partnerships"), ("partnerships", "campaigns")):
        path = tree / f"services/attribution/{one}/service.py"
        path.write_text(f"{path.read_text()}\nimport services.attribution.{other}.service\n")
    done = lint(tree)
    assert "attribution: nouns do not import each other in a circle BROKEN" in done.stdout
