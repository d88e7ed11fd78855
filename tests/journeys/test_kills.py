"""kill -9 of everything in turn while the example runs: it finishes all the same, and nothing is left behind."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.processes import ROOT, free_port

pytestmark = pytest.mark.torture

VICTIMS = (
    "discovery", "discovery-worker", "scoring", "scoring-worker", "attribution", "attribution-worker", "postgres", "up",
)  # fmt: skip
ROUNDS = 3 if os.environ.get("GROUNDSWELL_TORTURE") == "full" else 1
_FINISHED_WITHIN_SECONDS = 240
_BACK_WITHIN_SECONDS = 60


class Installation:
    """`groundswell up --example` on a data folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        ports = {name: str(free_port()) for name in ("DISCOVERY_PORT", "SCORING_PORT", "ATTRIBUTION_PORT")}
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = {
            **kept,
            **ports,
            "PYTHONPATH": str(ROOT),
            "GROUNDSWELL_HOME": str(home),
            "DISCOVERY_BLUESKY_JETSTREAM_URL": "off",
        }
        self.log = (home.parent / "up.log").open("ab")
        self.up = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "services.console.main", "up", "--example"],
            env=self.environment, cwd=ROOT, stdout=self.log, stderr=self.log,
        )  # fmt: skip

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "services.console.main", *arguments],
            env=self.environment, cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip

    def pid_of(self, victim: str) -> int | None:
        if victim == "up":
            return self.up.pid
        answer = self.command("status", "--json").stdout
        processes = json.loads(answer)["processes"] if answer else []
        return next((one["pid"] for one in processes if one["name"] == victim), None)

    def kill(self, victim: str) -> None:
        """kill -9, once it runs; it may still be coming back from being killed along with another."""
        deadline = time.monotonic() + _BACK_WITHIN_SECONDS
        while (pid := self.pid_of(victim)) is None:
            assert time.monotonic() < deadline, f"{victim} did not come back"
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        if victim == "up":
            self.up.wait()
            self.up = self.start()

    @property
    def example(self) -> dict[str, Any]:
        file = self.home / "example.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def processes(self) -> list[psutil.Process]:
        """Every process that carries this data folder in its environment or its arguments."""
        found = []
        for process in psutil.process_iter():
            try:
                marks = [*process.cmdline(), process.environ().get("GROUNDSWELL_HOME", "")]
            except (psutil.Error, OSError):
                continue
            if process.pid != os.getpid() and any(str(self.home) in mark for mark in marks):
                found.append(process)
        return found


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    tmp_path.chmod(0o755)
    made = Installation(tmp_path / "home")
    yield made
    made.command("down", "--erase", "--yes")
    if made.up.poll() is None:
        made.up.kill()
    made.up.wait()
    made.log.close()


def wait_until(holds: Any, what: str, seconds: float = _FINISHED_WITHIN_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_the_example_finishes_although_everything_is_killed_in_turn(installation: Installation) -> None:
    rng = random.Random(20261122)
    wait_until(lambda: "workspace_id" in installation.example, "the example has not begun")
    for _ in range(ROUNDS):
        for victim in rng.sample(VICTIMS, len(VICTIMS)):
            time.sleep(rng.uniform(0.2, 1.5))
            installation.kill(victim)
    wait_until(lambda: installation.example.get("finished"), "the example has not finished")
    assert installation.command("down").returncode == 0
    installation.up.wait(timeout=30)
    left = [process.cmdline() for process in installation.processes()]
    assert left == []
