"""A search of a Fediverse server: whoever opted out, in any of its ways, is counted and nothing of it is kept."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.kit.http import create_http_client
from tests.house import Tenant
from tests.services.discovery.connectors import fediverse_answers as answers
from tests.services.discovery.searches.test_search_network import BRIEF, read, start

HOST = "mastodon.social"
OPT_OUTS: dict[str, dict[str, Any]] = {
    "noindex": {"noindex": True},
    "unindexed": {"indexable": False},
    "undiscovered": {"discoverable": False},
    "nobot": {"note": "<p>Hills. #nobot</p>"},
    "noindexbio": {"note": "<p>Hills. #noindex</p>"},
    "locked": {"locked": True},
}
RECENT = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def account(name: str) -> dict[str, Any]:
    return answers.account(name, HOST, id=name, **OPT_OUTS.get(name, {}))


def status(name: str, number: int) -> dict[str, Any]:
    content = "<p>A long run over the ridge</p>"
    return answers.status(
        f"{name}{number}", "fellrunning", by=account(name), created_at=RECENT, content=content, replies_count=0
    )


def server(request: httpx.Request) -> httpx.Response:
    """Everybody posts the hashtag; the account that never opted out has further posts."""
    path = request.url.path
    if path == "/api/v1/timelines/tag/fellrunning":
        return httpx.Response(200, json=[status(name, 1) for name in ("open", *OPT_OUTS)])
    if path == "/api/v1/accounts/lookup":
        return httpx.Response(200, json=account(request.url.params["acct"]))
    if path.endswith("/statuses"):
        return httpx.Response(200, json=[status(path.split("/")[4], number) for number in range(4)])
    return httpx.Response(200, json=answers.context()) if path.endswith("/context") else httpx.Response(404)


@pytest.fixture
async def asked(tenant: Tenant) -> AsyncIterator[list[str]]:
    """What the server was asked for."""
    made: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        made.append(str(request.url))
        return server(request)

    runtime = tenant.house.runtime("discovery")
    before = runtime.egress
    runtime.egress = create_http_client(runtime.settings, transport=httpx.MockTransport(handle))
    yield made
    runtime.egress = before


async def test_every_way_to_opt_out_is_counted_and_nothing_but_that_is_kept(tenant: Tenant, asked: list[str]) -> None:
    search_id = await start(tenant, brief=BRIEF, sources=["mastodon"])
    await tenant.house.run_jobs()
    search, items = await read(tenant, search_id)
    assert (search["status"], search["error"]) == ("completed", None)
    assert [one["creator"]["handle"] for one in items] == [f"open@{HOST}"]
    [line] = search["summary"]
    assert (line["found"], line["opted_out"], sum(line["left_out"].values())) == (1, len(OPT_OUTS), 0)
    assert not [address for address in asked if any(f"acct={name}" in address for name in OPT_OUTS)]
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        people = (
            await session.execute(
                text("SELECT platform_id, handle, display_name, bio_text, url FROM discovery.creators WHERE opted_out")
            )
        ).all()
        authors = (
            await session.execute(
                text(
                    "SELECT DISTINCT c.platform_id FROM discovery.posts p LEFT JOIN discovery.creators c"
                    " ON c.workspace_id = p.workspace_id AND c.id = p.author_id WHERE NOT p.stub"
                )
            )
        ).scalars()
        assert sorted(authors) == [f"https://{HOST}/users/open"]
    assert {one.platform_id.rpartition("/")[2] for one in people} == set(OPT_OUTS)
    assert all(one[1:] == (None, None, None, None) for one in people)
