"""The whole way by command line, as JSON and as tables: import, search, rank, approve, launch, report, keys."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services.console.main import build
from shared.kit.db import Database
from shared.kit.identity.keys import generate_key, hash_key
from shared.kit.identity.service import ensure_bootstrap_key
from tests.processes import ROOT, running

pytestmark = pytest.mark.slow

BRIEF = {"brand": {"name": "Fellside Shoes"}, "hashtags": ["#fellrunning"]}
SHOP = "https://shop.example/spring"
ARCHIVE = [
    {"kind": "creator", "platform": "instagram", "platform_id": "178", "handle": "ana", "followers": 4200},
    {"kind": "post", "platform": "instagram", "platform_id": "p1", "author_id": "178", "text": "Early #fellrunning"},
]


@dataclass
class Terminal:
    """Where commands are typed, with the environment that leads them to the services."""

    runner: CliRunner
    environment: dict[str, str]
    folder: Path

    async def type(self, *words: str) -> str:
        # in a thread of its own: a command runs an event loop itself
        done = await asyncio.to_thread(self.runner.invoke, build(), list(words), env=self.environment)
        assert done.exit_code == 0, (words, done.output, done.exception)
        return done.stdout

    async def json(self, *words: str) -> Any:
        return json.loads(await self.type(*words, "--json"))

    async def campaign(self) -> str:
        """A campaign, which the command line does not make."""
        headers = {"Authorization": f"Bearer {self.environment['GROUNDSWELL_API_KEY']}"}
        async with httpx.AsyncClient(headers=headers) as client:
            url = f"{self.environment['ATTRIBUTION_URL']}/v1/campaigns"
            made = await client.post(url, json={"brief": BRIEF, "currency": "GBP"})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])


@pytest.fixture(scope="module")
async def terminal(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Terminal]:
    folder = tmp_path_factory.mktemp("terminal")
    key = generate_key()
    identity = Database(module_database_url, schema="identity", pool_size=1)
    async with identity.system_session() as session:
        await ensure_bootstrap_key(session, key_sha256=hash_key(key).hex())
    await identity.dispose()
    (folder / "brief.json").write_text(json.dumps(BRIEF))
    (folder / "archive.ndjson").write_text("".join(json.dumps(line) + "\n" for line in ARCHIVE))
    async with running(folder, databases={"DATABASE_URL": module_database_url}, workers=True) as addresses:
        known = {f"{service.upper()}_URL": address for service, address in addresses.items()}
        environment = {"GROUNDSWELL_API_KEY": key, "GROUNDSWELL_HOME": str(folder), **known}
        yield Terminal(CliRunner(), environment, folder)


async def test_from_an_archive_to_a_report(terminal: Terminal) -> None:
    brief = str(terminal.folder / "brief.json")
    assert (await terminal.json("import", str(terminal.folder / "archive.ndjson")))["lines_merged"] == 2
    assert [one["source"] for one in (await terminal.json("search", brief, "--estimate"))["sources"]] == ["archive"]
    assert "archive" in await terminal.type("search", brief, "--estimate")

    found = await terminal.json("search", brief)
    (candidate,) = found["candidates"]
    assert candidate["creator"]["handle"] == "ana"
    assert "ana" in await terminal.type("search", brief)
    ranked = await terminal.json("rank", found["search"]["id"], "--goal", "conversion")
    assert [score["creator"]["handle"] for score in ranked["scores"]] == ["ana"]
    assert "instagram:ana" in await terminal.type("rank", found["search"]["id"])

    first, second, creator = await terminal.campaign(), await terminal.campaign(), candidate["creator"]["id"]
    (approved,) = await terminal.json("approve", first, creator, "--note", "fits")
    assert approved["state"] == "approved"
    assert (await terminal.json("approve", first, creator))[0]["id"] == approved["id"]
    assert "approved" in await terminal.type("approve", second, creator)  # the same partner, another campaign

    preview = await terminal.json("launch", first, "--destination", SHOP)
    assert (preview["issued"], preview["assets"][0]["code"]) == (False, "to be made")
    issued = await terminal.json("launch", first, "--destination", SHOP, "--percent", "10", "--yes")
    again = await terminal.json("launch", first, "--destination", SHOP, "--percent", "10", "--yes")
    assert again == issued
    assert issued["assets"][0]["link"].startswith("http")
    assert issued["assets"][0]["code"] in await terminal.type("launch", first, "--destination", SHOP, "--percent", "10")

    assert len((await terminal.json("report", first))["creators"]) == 1
    assert "ana" in await terminal.type("report", first)
    assert "ana" in await terminal.type("report", first, "--csv")


async def test_the_first_call_of_the_readme_searches_what_it_imported(terminal: Terminal) -> None:
    _, _, behind = (ROOT / "README.md").read_text().partition("## A first call\n\n```\n")
    _, made, calls = behind.partition("```")[0].partition("IMPORT=")  # behind the line that reads the key
    script = (made + calls).replace("http://127.0.0.1:8101", terminal.environment["DISCOVERY_URL"])
    environment = {"PATH": os.environ["PATH"], "KEY": terminal.environment["GROUNDSWELL_API_KEY"]}
    argv = ["sh", "-ec", script]
    done = await asyncio.to_thread(subprocess.run, argv, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["brief"]["hashtags"] == ["fellrunning"]


async def test_keys_and_workspaces_come_and_go(terminal: Terminal) -> None:
    workspace = await terminal.json("workspaces", "create", "Second")
    assert workspace["id"] in {one["id"] for one in await terminal.json("workspaces", "list")}
    assert "Second" in await terminal.type("workspaces", "list")
    key = await terminal.json("keys", "create", "theirs", "--workspace", workspace["id"], "--scope", "read")
    assert (await terminal.type("keys", "create", "another")).startswith("gsk_")
    await terminal.type("keys", "revoke", key["id"])
    revoked = {one["id"]: one["revoked_at"] for one in await terminal.json("keys", "list")}
    assert revoked[key["id"]]
    assert "theirs" in await terminal.type("keys", "list")
    assert "within 30 seconds" in await terminal.type("workspaces", "delete", workspace["id"], "--yes")
    assert "there is no example here" in await terminal.type("example", "--erase")
