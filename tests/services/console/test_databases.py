"""Database URLs of the environment are read, tried, and their faults said without the password."""

import pytest

from services.console.databases import check_databases, named_databases
from services.console.errors import WrongDatabaseUrl
from shared.kit.settings import Settings, asyncpg_url


def test_without_any_url_all_four_need_the_embedded_server() -> None:
    assert named_databases(Settings(database_url="")) == {}


def test_identity_lies_with_attribution_unless_it_is_named() -> None:
    named = named_databases(Settings(attribution_database_url="postgresql://h/a"))
    assert named == {
        "attribution": "postgresql+asyncpg://h/a",
        "identity": "postgresql+asyncpg://h/a",
    }
    apart = Settings(attribution_database_url="postgresql://h/a", identity_database_url="postgresql://h/i")
    assert named_databases(apart)["identity"] == "postgresql+asyncpg://h/i"


def test_one_url_serves_all() -> None:
    assert set(named_databases(Settings(database_url="postgres://h/x"))) == {
        "discovery",
        "scoring",
        "attribution",
        "identity",
    }


async def test_a_database_that_answers_is_fine(server_url: str) -> None:
    await check_databases({"discovery": asyncpg_url(server_url)})


async def test_a_missing_database_is_named(server_url: str) -> None:
    url = asyncpg_url(server_url.rpartition("/")[0] + "/nowhere")
    with pytest.raises(WrongDatabaseUrl, match=r"for scoring does not work: .* has no database 'nowhere'"):
        await check_databases({"scoring": url})


async def test_a_refused_password_is_said_but_not_shown(server_url: str) -> None:
    head, _, rest = asyncpg_url(server_url).rpartition("@")
    url = f"{head.rpartition(':')[0]}:geheim@{rest}"
    with pytest.raises(WrongDatabaseUrl, match="refuses the user 'postgres' or the password") as caught:
        await check_databases({"discovery": url})
    assert "geheim" not in str(caught.value)
