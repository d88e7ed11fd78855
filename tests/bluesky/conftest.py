"""The real Bluesky network with its seeded niche, started once for all tests that ask for it."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest

from tests.bluesky.network import BlueskyNetwork, running_network, skip_reason
from tests.bluesky.seed import Planted, build

SEED = 20_261_122


@dataclass(frozen=True)
class SeededNetwork:
    """A running network and what is true about it."""

    network: BlueskyNetwork
    planted: Planted

    def dids(self, names: frozenset[str]) -> set[str]:
        """The DIDs of accounts by the names that the seed gave them."""
        return {self.network.did[name] for name in names}


@pytest.fixture(scope="session")
async def bluesky(server_url: str) -> AsyncIterator[SeededNetwork]:
    """The network, in a database of its own; skips where it is not to be had, fails where it does not start."""
    if reason := skip_reason():
        pytest.skip(reason)
    name = f"gs_bluesky_{os.getpid()}"
    await _administer(server_url, f"CREATE DATABASE {name}")
    try:
        planted = build(SEED)
        database_url = f"{server_url.rpartition('/')[0]}/{name}"
        with running_network(planted.spec, database_url=database_url) as network:
            yield SeededNetwork(network, planted)
    finally:
        await _administer(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _administer(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
