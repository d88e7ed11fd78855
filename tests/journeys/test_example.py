"""The example campaign, end to end: three services as processes of their own, each on a database of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from services.console.api import Api
from services.console.example.campaign import PARTNERS, run
from services.console.example.state import Example
from shared.kit.db import Database
from shared.kit.http import create_http_client
from shared.kit.identity.keys import generate_key, hash_key
from shared.kit.identity.service import ensure_bootstrap_key
from shared.kit.settings import Settings
from tests.conftest import fresh_database
from tests.processes import SERVICES, running

pytestmark = pytest.mark.slow


@dataclass
class Journey:
    """A finished run: its result, its state file, what it said, and the databases of each service."""

    done: dict[str, Any]
    example: Example
    said: list[str]
    databases: dict[str, str]
    api: Api


@pytest.fixture(scope="module")
async def journey(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Journey]:
    home = tmp_path_factory.mktemp("journey")
    key = generate_key()
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(fresh_database(server_url, template)) for name in SERVICES}
        identity = Database(urls["attribution"], schema="identity", pool_size=1)
        async with identity.system_session() as session:
            await ensure_bootstrap_key(session, key_sha256=hash_key(key).hex())
        await identity.dispose()
        named = {f"{name.upper()}_DATABASE_URL": url for name, url in urls.items()}
        addresses = await stack.enter_async_context(running(home, databases=named, workers=True))
        api = Api(key=key, addresses=addresses, client=create_http_client(Settings()))
        await stack.enter_async_context(api)
        said: list[str] = []
        example = Example.load(home)
        done = await run(api, example, say=said.append)
        yield Journey(done, example, said, urls, api)


def test_its_report_opens_with_generated(journey: Journey) -> None:
    assert journey.done["report"]["notice"].startswith("GENERATED")


def test_the_ranking_puts_planted_good_matches_first(journey: Journey) -> None:
    """42 of 1,059 accounts are planted: by chance, one or two of the first 42 would be."""
    assert journey.done["found"] >= 0.8 * journey.done["planted"], journey.done


def test_the_report_has_a_line_for_each_approved_creator(journey: Journey) -> None:
    creators = journey.done["report"]["creators"]
    assert len(creators) == PARTNERS
    assert all(one["next_action"] and one["next_action_reason"] for one in creators)


def test_every_sale_is_in_the_report_once(journey: Journey) -> None:
    report = journey.done["report"]
    sales = sum(max(1, 8 - place) for place in range(PARTNERS))
    assert report["totals"]["conversion"]["conversions"]["value"] == sales
    assert sum(line["conversions"] for line in report["unattributed"]) == 5
    assert report["totals"]["conversion"]["refunds"]["value"] == 2_000


async def test_clicks_are_people_and_the_rest_is_listed_as_excluded(journey: Journey) -> None:
    report = journey.done["report"]
    people = sum(max(3, 30 - 2 * place) for place in range(PARTNERS))
    assert report["totals"]["engagement"]["hits"]["value"] == people + 4 * PARTNERS
    assert report["totals"]["engagement"]["human_clicks"]["value"] == people
    assert sum(line["hits"] for line in report["excluded_hits"]) == 4 * PARTNERS


async def test_each_service_wrote_into_its_own_database_only(journey: Journey) -> None:
    strangers = {}
    for service, url in journey.databases.items():
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        tables = await connection.fetch(
            """SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
            WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition""",
            ["identity", *SERVICES],
        )
        filled = {
            schema
            for schema, table in tables
            if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {schema}.{table})")
        }
        await connection.close()
        own = {service, "identity"} if service == "attribution" else {service}
        strangers[service] = filled ^ own
    assert strangers == {service: set() for service in SERVICES}


async def test_a_run_that_goes_on_days_later_changes_nothing(journey: Journey) -> None:
    """It is cut short behind its last step, and by then no Idempotency-Key is known any more."""
    for service, url in journey.databases.items():
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        await connection.execute(f"TRUNCATE {service}.idempotency_keys")
        await connection.close()
    journey.example.remember(finished=None)
    again = await run(journey.api, Example.load(journey.example.home), say=journey.said.append)
    before, after = journey.done["report"], again["report"]
    assert after["totals"]["conversion"] | {"as_of": 0} == before["totals"]["conversion"] | {"as_of": 0}
    assert len(after["creators"]) == len(before["creators"])
