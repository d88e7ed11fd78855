"""A log names the fault and none of the values that the database or a model refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MARKER = "anna.marker@example.org"

# A process of its own, since the configuration of logs is a process's. Every fault is logged in each way we log.
SCRIPT = """
import asyncio, logging, sys
import structlog
from pydantic import BaseModel
from sqlalchemy import text
from starlette.requests import Request
from shared.kit import errors
from shared.kit.db import Database
from shared.kit.loops import Loop, run_loop
from shared.kit.telemetry import configure_logging

class Age(BaseModel):
    age: int

FAULTS = {
    "unique": "INSERT INTO person VALUES (:marker, 1)",
    "unique over lines": "INSERT INTO person VALUES (:marker || chr(10) || chr(10) || :marker, 1)",
    "check": "INSERT INTO person VALUES (:marker, -1)",
    "null": "INSERT INTO person VALUES (:marker, NULL)",
    "argument": "SELECT CAST(:marker AS int)",
    "cast": "SELECT CAST(CAST(:marker AS text) AS int)",
    "array": "SELECT CAST(CAST(:marker AS text) AS int[])",
    "model": None,
}

async def provoke(database, marker, statement):
    if statement is None:
        Age.model_validate({"age": marker})
    async with database.system_session() as session:
        table = "CREATE TEMP TABLE person (name text PRIMARY KEY, age int NOT NULL CHECK (age > 0)) ON COMMIT DROP"
        await session.execute(text(table))
        for _ in range(2):
            await session.execute(text(statement), {"marker": marker})

async def main(url, marker):
    configure_logging("test")
    database = Database(url, schema="attribution")
    for name, statement in FAULTS.items():
        async def work(_):
            try:
                await provoke(database, marker, statement)
            except Exception as error:
                structlog.get_logger().warning(name, error=repr(error), exc_info=error)
                structlog.get_logger().warning(name, error=f"again later: {error!r}")
                logging.getLogger("a.library").error("%s: %r", name, RuntimeError(repr(error)), exc_info=error)
                errors.unexpected(Request({"type": "http", "path": f"/{name}", "headers": []}), error)
                logging.getLogger("a.library").error(name, exc_info=ExceptionGroup("several", [error, ValueError(9)]))
                shutdown.set()
                raise
        shutdown = asyncio.Event()
        await run_loop(None, Loop(name, 0.1, work, alone=False), shutdown=shutdown)
    await database.dispose()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def lines(database_url: str) -> list[dict[str, str]]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, database_url, MARKER], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_no_value_that_was_refused_reaches_a_log(lines: list[dict[str, str]]) -> None:
    told = [value for line in lines for value in line.values()]
    assert [value[max(0, value.index("marker@") - 200) :] for value in told if "marker@" in value] == []


def test_a_log_still_tells_the_fault_and_its_place(lines: list[dict[str, str]]) -> None:
    traces = " ".join(line.get("exception", "") for line in lines)
    told = ("UniqueViolationError: duplicate key", "CheckViolationError", "NotNullViolationError", "ValidationError",
            "invalid input for query argument $1: [withheld]", "malformed array literal: [withheld]",
            "INSERT INTO person", "in provoke", "ValueError: 9")  # fmt: skip
    assert (len(lines), [one for one in told if one not in traces]) == (8 * 6, [])
