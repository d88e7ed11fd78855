"""Comment lines imported a second, beside plain COPY of the same rows in the same run, with durability on.

`python -m tests.benchmarks.discovery.import_lines [lines]` (default 1,000,000): a PostgreSQL of its own, the discovery
service and its worker as processes, one body streamed over HTTP. The time is from the first byte sent to the moment
at which every comment can be read. Then the same body again, which must add no row.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import psutil

from services.discovery.app import HISTORY
from shared.kit.db import Database
from shared.kit.embedded_postgres.cluster import ensure_cluster, erase_cluster
from shared.kit.identity import repository as identity
from shared.kit.identity.history import IDENTITY
from shared.kit.identity.keys import generate_key, hash_key
from shared.kit.ids import new_id
from shared.kit.migrations import upgrade
from shared.kit.settings import asyncpg_url
from shared.schemas.identity import Scope
from tests.processes import running

CHECKPOINT = 100_000
WORDS = (  # noqa: SIM905  # a page of quoted words would be harder to read
    "which shoes are these that ridge is on my list how runnable the descent same mud here will never be clean again "
    "what pace do you hold climbs great effort see at next race swear by poles anything steep love this so inspiring "
    "ich laufe diese strecke jeden sonntag mit freunden que bonito lugar me encanta correr por la montaña"
).split()
COLUMNS = """platform text, platform_id text, post_id text, author_id text, text text, created_at timestamptz,
    likes bigint"""


def comments(lines: int) -> Iterator[dict[str, Any]]:
    """Comments by some accounts that write much and many that write little, some twenty under each post."""
    rng = random.Random(20261122)
    for number in range(lines):
        yield {
            "kind": "comment",
            "platform": "instagram",
            "platform_id": f"c{number}",
            "post_id": f"p{rng.randrange(max(1, lines // 20))}",
            "author_id": f"a{int(rng.paretovariate(0.5)) % max(1, lines // 5)}",
            "text": " ".join(rng.choices(WORDS, k=rng.randint(2, 18))),
            "created_at": f"2026-10-{1 + number % 28:02d}T{number % 24:02d}:{number % 60:02d}:00Z",
            "likes": rng.randrange(20),
        }


@dataclass
class Memory:
    """Resident bytes of the service's processes: when they had merged 100,000 lines, the most since, and at the end."""

    at_checkpoint: int = 0
    most: int = 0

    def take(self, processes: list[psutil.Process]) -> int:
        """The sum over the processes that live."""
        found = 0
        for process in processes:
            try:
                found += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        self.most = max(self.most, found)
        return found


async def pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 16):
            yield piece


async def make_key(database_url: str) -> tuple[UUID, str]:
    """A workspace and its key."""
    database = Database(database_url, schema="identity", pool_size=1)
    workspace_id, key = new_id(), generate_key()
    async with database.system_session() as session:
        await identity.add_workspace(session, workspace_id=workspace_id, name="bench", created_by=None)
        await identity.add_key(
            session, workspace_id=workspace_id, key_id=new_id(), name="bench", hashed=hash_key(key), scopes=[*Scope],
            created_by=None,
        )  # fmt: skip
    await database.dispose()
    return workspace_id, key


async def import_file(client: httpx.AsyncClient, path: Path, processes: list[psutil.Process], memory: Memory) -> float:
    """Seconds until everything can be read; prints how they were spent."""
    started = time.perf_counter()
    answer = await client.post(
        "/v1/imports", content=pieces(path), headers={"Content-Type": "application/x-ndjson"}, timeout=600
    )
    assert answer.status_code == 202, answer.text
    received, read = time.perf_counter() - started, 0.0
    while True:
        found = (await client.get(answer.headers["location"])).json()
        taken = memory.take(processes)
        if found["lines_merged"] >= CHECKPOINT and not memory.at_checkpoint:
            memory.at_checkpoint = taken
        if found["lines_merged"] == found["lines_received"] and not read:
            read = time.perf_counter() - started
        if found["status"] in ("completed", "failed"):
            break
        await asyncio.sleep(0.5)
    assert (found["status"], found["lines_faulty"]) == ("completed", 0), found
    seconds = time.perf_counter() - started
    print(f"    received after {received:.1f} s, read after {read:.1f} s, visible after {seconds:.1f} s")
    return seconds


async def plain_copy(server: str, lines: int, *, indexed: bool) -> float:
    """Seconds to COPY the same rows, parsed beforehand, into a table of their own."""
    connection = await asyncpg.connect(server)
    await connection.execute(f"DROP TABLE IF EXISTS plain; CREATE TABLE plain ({COLUMNS})")
    if indexed:
        await connection.execute("ALTER TABLE plain ADD PRIMARY KEY (platform, platform_id)")
        await connection.execute("CREATE INDEX ON plain (post_id); CREATE INDEX ON plain (author_id)")
    names = ("platform", "platform_id", "post_id", "author_id", "text", "created_at", "likes")
    with tempfile.TemporaryFile() as file:
        for line in comments(lines):
            file.write("\t".join(str(line[name]) for name in names).encode() + b"\n")
        file.seek(0)
        started = time.perf_counter()
        await connection.copy_to_table("plain", source=file, columns=names)
        seconds = time.perf_counter() - started
    await connection.execute("DROP TABLE plain")
    await connection.close()
    return seconds


async def row_counts(server: str) -> list[int]:
    connection = await asyncpg.connect(server)
    found = [
        await connection.fetchval(f"SELECT count(*) FROM discovery.{t}") for t in ("creators", "posts", "comments")
    ]
    await connection.close()
    return found


async def bench(lines: int, home: Path) -> None:
    cluster = await asyncio.to_thread(ensure_cluster, home)
    cluster.create_database("bench")
    server = cluster.url("bench", driver="postgresql")
    url = asyncpg_url(server)
    for history in (IDENTITY, HISTORY):
        await upgrade(url, history)
    body = home / "comments.ndjson"
    with body.open("wb") as file:
        for line in comments(lines):
            file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
    print(f"{lines:,} comments, {body.stat().st_size / 1e6:.0f} MB")
    bare = await plain_copy(server, lines, indexed=False)
    print(f"plain COPY into a bare table: {lines / bare:,.0f} lines a second")
    indexed = await plain_copy(server, lines, indexed=True)
    print(f"plain COPY into a table with three indexes: {lines / indexed:,.0f} lines a second")
    _, key = await make_key(url)
    me = psutil.Process()
    before = {child.pid for child in me.children()}
    async with running(home, databases={"DATABASE_URL": server}, services=("discovery",), workers=True) as addresses:
        processes = [child for child in me.children() if child.pid not in before]
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=addresses["discovery"], headers=headers) as client:
            memory = Memory()
            seconds = await import_file(client, body, processes, memory)
            print(f"import: {lines / seconds:,.0f} lines a second")
            after = memory.take(processes)
            print(
                f"resident: {memory.at_checkpoint / 1e6:.0f} MB after {CHECKPOINT:,} lines, {after / 1e6:.0f} MB after "
                f"all ({(after - memory.at_checkpoint) / 1e6:+.0f} MB), at most {memory.most / 1e6:.0f} MB"
            )
            counts = await row_counts(server)
            again = await import_file(client, body, processes, memory)
            assert await row_counts(server) == counts, "the same file again added rows"
            print(f"the same file again: {lines / again:,.0f} lines a second, no row added to {sum(counts):,}")


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="groundswell-bench-") as folder:
        home = Path(folder)
        try:
            asyncio.run(bench(lines, home))
        finally:
            erase_cluster(home)


if __name__ == "__main__":
    main()
