"""Fixtures of the console's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.console.shutdown import erase
from tests.services.console.running import Installation


@pytest.fixture(scope="session")
def embedded_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("embedded") / "home"
    yield home
    erase(home)


@pytest.fixture
def embedded(embedded_home: Path) -> Iterator[Installation]:
    """A data folder with a PostgreSQL of its own. Nothing runs yet; what a test starts is stopped after it.

    The folder outlives the test: making a cluster takes longer than all else here.
    """
    installation = Installation(embedded_home)
    yield installation
    installation.close()


@pytest.fixture
def installation(tmp_path: Path, server_url: str) -> Iterator[Installation]:
    """The same, with its database elsewhere, for what has nothing to do with the embedded one."""
    installation = Installation(tmp_path / "home", variables={"DATABASE_URL": server_url})
    yield installation
    installation.close()
