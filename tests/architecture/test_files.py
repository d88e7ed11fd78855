"""Rules about files that no import contract can say."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py"))
BUSINESS_WORDS = re.compile(
    r"\b(campaign|creator|brief|partner|partnership|candidate|conversion|hashtag|promo|deliverable|touchpoint|follower)s?\b",
    re.IGNORECASE,
)

# Work without one workspace. Every file that opens a session as owner of the schema, and why it must.
SYSTEM_SESSIONS = {
    "services/attribution/pages/service.py": "which page a public address names",
    "services/attribution/workspaces/service.py": "workspaces that were ended are erased whoever ended them",
    "services/console/commands/migrate.py": "the first workspace and key, before anybody can call",
    "services/attribution/deliverables/service.py": "finds what is overdue in every workspace",
    "services/attribution/watches/service.py": "finds whom to follow in every workspace",
    "services/attribution/watches/feed.py": "finds whose events are to be pulled",
    "services/attribution/domains/service.py": "finds whose domains are to be looked at",
    "services/attribution/hits/cache.py": "redirects know links of every workspace",
    "services/attribution/hits/judging.py": "one judge for the hits of all workspaces",
    "services/attribution/conversions/service.py": "conversions of all workspaces that wait for their click",
    "services/attribution/reports/jobs.py": "one loop sums the days of all workspaces' reports",
    "services/attribution/inbound/service.py": "whose address a webhook came to; forgetting old deliveries",
    "services/scoring/rankings/retention.py": "evidence of all workspaces expires; whose erasures to follow",
    "services/discovery/creators/service.py": "retention, of all workspaces",
    "services/discovery/deletions/accounts.py": "who is gone from a platform is gone from every workspace",
    "services/discovery/deletions/rechecking.py": "what is gone from its platform is gone from every workspace",
    "services/discovery/erasures/service.py": "a whole schema is searched for a name, stored answers included",
    "services/attribution/erasures/service.py": "holds of all workspaces end",
    "services/discovery/events/service.py": "retention, of all workspaces",
    "services/discovery/watches/service.py": "one schedule for the watches of all workspaces; retention",
    "services/discovery/live/reading.py": "one reading of a platform's stream serves all workspaces",
    "services/discovery/live/service.py": "how far that reading is",
    "services/discovery/imports/merging.py": "COPY into staging is refused under row-level security; statistics",
    "services/discovery/imports/service.py": "what is left of cut uploads, of all workspaces",
    "services/discovery/quotas/service.py": "a platform counts the calls of all workspaces together",
    "shared/kit/app.py": "readiness",
    "shared/kit/jobs.py": "the queue holds the jobs of all workspaces",
    "shared/kit/db.py": "defines it",
    "shared/kit/edge.py": "identity routes behind the scope admin",
    "shared/kit/identity/authenticate.py": "key look-up before the workspace is known",
    "shared/kit/webhooks/delivery.py": "the queue of deliveries is claimed for all workspaces",
    "shared/kit/webhooks/loops.py": "retention of the delivery log",
    "shared/kit/webhooks/sources.py": "batches for the subscribers of all workspaces",
}


def imports_of(path: Path) -> set[str]:
    """Top-level names of everything that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def outside(path: Path, allowed: set[str]) -> set[str]:
    tops = {name for name in imports_of(path) if not any(name == a or name.startswith(f"{a}.") for a in allowed)}
    return {name for name in tops if name.partition(".")[0] not in sys.stdlib_module_names}


def test_schemas_import_pydantic_only() -> None:
    for path in (ROOT / "shared/schemas").glob("*.py"):
        assert outside(path, {"pydantic", "pydantic_core", "shared.schemas"}) == set(), path


def test_rules_import_pydantic_and_babel_only() -> None:
    for path in (ROOT / "shared/rules").glob("*.py"):
        assert outside(path, {"pydantic", "babel", "shared.schemas", "shared.rules"}) == set(), path


def test_the_kit_knows_no_business_word() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in (ROOT / "shared/kit").rglob("*.py")
        for match in BUSINESS_WORDS.finditer(path.read_text())
    }
    assert found == set()


def test_init_files_are_empty() -> None:
    assert [path for path in SOURCES if path.name == "__init__.py" and path.read_text().strip()] == []


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_callers_of_system_sessions_are_known() -> None:
    callers = {str(path.relative_to(ROOT)) for path in SOURCES if "system_session(" in path.read_text()}
    assert callers == set(SYSTEM_SESSIONS)


def test_the_lock_names_no_host_and_satisfies_the_project() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"://|index-url|find-links", lock)
    assert "--hash=sha256:" in lock
    pins = {
        canonicalize_name(match.group(1)): match.group(2)
        for match in re.finditer(r"^([A-Za-z0-9_.-]+)==([^\s;]+)", lock, re.MULTILINE)
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    unmet = []
    for text in wanted:
        requirement = Requirement(text)
        pinned = pins.get(canonicalize_name(requirement.name))
        if pinned is None or not requirement.specifier.contains(pinned, prereleases=True):
            unmet.append(text)
    assert unmet == []


@pytest.mark.parametrize("kind", ["todo", "fixme", "xxx"])
def test_nothing_is_left_for_later_in_the_code(kind: str) -> None:
    assert [str(path) for path in SOURCES if re.search(rf"#\s*{kind}\b", path.read_text(), re.IGNORECASE)] == []
