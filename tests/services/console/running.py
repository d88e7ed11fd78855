"""Starts a real `up` over small processes in a folder of its own, and looks at what it did."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

from services.console.commands.status import look
from services.console.shutdown import stop_everything

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[3]
WEB = "tests.services.console.programs.web"
PATIENCE = 40.0  # seconds before a test gives up; a busy machine must not fail it

_OURS = ("DATABASE_URL", "GROUNDSWELL_", "HOST")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(ask: Callable[[], T | None]) -> T:
    """The first answer that is true. Raises AssertionError when there is none in time."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.03)


@dataclass
class Installation:
    """A data folder, the processes that its `up` is to run, and the `up`s that were started for it."""

    home: Path
    port: int = field(default_factory=free_port)
    web: Sequence[str] = ()
    migrate: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def argv(self) -> list[str]:
        rows = [["web", [WEB, str(self.port), *self.web], self.port], ["worker", [WEB, "0"], None]]
        plan = json.dumps({"processes": rows, "migrate": self.migrate})
        return [sys.executable, "-m", "tests.services.console.programs.up", plan]

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not any(part in name for part in _OURS)}
        return {**kept, "GROUNDSWELL_HOME": str(self.home), "PYTHONPATH": str(ROOT), **self.variables}

    def start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self.argv, cwd=ROOT, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.started.append(process)
        return process

    def start_until_ready(self) -> subprocess.Popen[str]:
        process = self.start()
        eventually(lambda: process.poll() is not None or self.look()["phase"] == "ready")
        assert process.poll() is None, process.communicate()
        return process

    def run_to_failure(self) -> tuple[int, str]:
        """Exit code and standard error of an `up` that cannot come up."""
        process = self.start()
        _, error = process.communicate(timeout=PATIENCE)
        return process.returncode, error

    def command(self, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "services.console.main", *arguments]
        return subprocess.run(argv, cwd=ROOT, env=self.environment, capture_output=True, text=True, input=answer)

    def look(self) -> dict[str, Any]:
        return look(self.home)

    def pid(self, name: str) -> int | None:
        """The process of this name when it lives and is ready."""
        for process in self.look()["processes"]:
            if process["name"] == name and process["ready"]:
                pid: int | None = process["pid"]
                return pid
        return None

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this folder now, `up` included."""
        found = self.look()
        pids = [found["pid"], *(process["pid"] for process in found["processes"])]
        return [psutil.Process(pid) for pid in pids if pid is not None]

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.terminate()
        stop_everything(self.home)
        for process in self.started:
            process.communicate(timeout=PATIENCE)
