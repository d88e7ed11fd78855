"""Runs schemathesis against the three services as real processes: no server error, and nothing undocumented.

`python -m tests.contracts.hostile [--examples 200] [--only discovery]`. At least that many generated requests per
operation, valid and not, on a workspace that holds one of everything; half of them with identifiers that exist.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from shared.kit.embedded_postgres.cluster import ensure_cluster
from shared.kit.migrations import upgrade
from tests.contracts.catalogue import World, build_world, operations
from tests.house import HISTORIES, make_tenant, open_house
from tests.processes import SERVICES, running

# Operations whose accepted requests no generator writes, each with where else they are tried.
ONLY_REFUSED = {"delete_workspace_data": "left out above; tests/services/attribution/workspaces"}
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def configuration(world: World, *, examples: int, known_ids: bool) -> str:
    """The text of schemathesis.toml; with `known_ids`, path parameters name objects that exist."""
    lines = [
        'hooks = "tests.contracts.hostile_bodies"',
        "continue-on-failure = true",
        # no worker runs here, so that a stream of progress would go on until the timeout
        "max-stream-events = 1",
        "[generation]",
        f"max-examples = {examples}",
        "allow-x00 = true",
        # it would delete what all the others are tried on; tests/services/*/workspaces call it
        "[[operations]]",
        'include-operation-id = "delete_workspace_data"',
        "enabled = false",
    ]
    if known_ids:
        names = {name for operation in operations() for name in operation.path_ids}
        lines.append("[parameters]")
        lines += [f'"path.{name}" = "{world.ids[name]}"' for name in sorted(names) if name in world.ids]
    return "\n".join(lines) + "\n"


def attack(address: str, key: str, config: Path, *, seed: int) -> int:
    """One run over one service; its exit code."""
    st = Path(sys.executable).with_name("st")
    done = subprocess.run(
        [
            st, "--config-file", config, "run", f"{address}/openapi.json", "-H", f"Authorization: Bearer {key}",
            "--checks", CHECKS, "--phases", "coverage,fuzzing", "--workers", "1", "--seed", str(seed),
            "--suppress-health-check", "all", "--request-timeout", "30", "--no-color", "--warnings", "off",
        ],
    )  # fmt: skip
    return done.returncode


async def never_accepted(addresses: Mapping[str, str]) -> list[str]:
    """Operations that answered no request at all with 2xx or 3xx: what is only ever refused was not tried."""
    accepted: set[tuple[str, str, str]] = set()
    async with httpx.AsyncClient() as client:
        for service, address in addresses.items():
            for family in text_string_to_metric_families((await client.get(f"{address}/metrics")).text):
                for sample in family.samples:
                    if sample.name == "groundswell_requests_total" and sample.labels["status"][0] in "23":
                        accepted.add((service, sample.labels["method"], sample.labels["route"]))
    return sorted(
        f"{one.service}: {one.id}"
        for one in operations()
        if one.service in addresses and (one.service, one.method, one.path) not in accepted
    )


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--only", choices=SERVICES)
    parser.add_argument("--seed", type=int, default=20261122)
    options = parser.parse_args()
    chosen = (options.only,) if options.only else SERVICES
    codes: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)  # noqa: ASYNC240  # nothing else waits here
        cluster = ensure_cluster(home, settings={"fsync": "off", "synchronous_commit": "off"})
        try:
            cluster.create_database("hostile")
            url = cluster.url("hostile")
            for history in HISTORIES:
                await upgrade(url, history)
            async with AsyncExitStack() as stack:
                house = await open_house(stack, url, home)
                # one for each way of naming things: what an attack deletes the next one would miss
                worlds = {known_ids: await build_world(await make_tenant(house)) for known_ids in (False, True)}
            async with running(home, databases={"DATABASE_URL": url}) as addresses:
                for known_ids, world in worlds.items():
                    config = home / f"schemathesis-{known_ids}.toml"
                    config.write_text(configuration(world, examples=options.examples // 2, known_ids=known_ids))
                    attacks = (
                        asyncio.to_thread(attack, addresses[service], world.tenant.key, config, seed=options.seed)
                        for service in chosen
                    )
                    codes += await asyncio.gather(*attacks)
                refused = await never_accepted({service: addresses[service] for service in chosen})
        finally:
            cluster.stop()
    failed = sum(code != 0 for code in codes)
    print(f"{len(codes) - failed} passed, {failed} failed")
    unexpected = [one for one in refused if one.partition(": ")[2] not in ONLY_REFUSED]
    if unexpected:
        print("never accepted:", *unexpected, sep="\n  ")
    return 1 if failed or unexpected else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
