"""`groundswell down`: stops what runs for a data folder, and on request deletes what it holds."""

import os
import shutil
import signal
import time
from pathlib import Path

from services.console.credentials import FILE as CREDENTIALS
from services.console.errors import ConsoleError
from services.console.example.state import FILE as EXAMPLE
from services.console.state import CHILDREN_LOCK, LOCK, STATE, end_leftovers, running_up
from shared.kit.embedded_postgres.cluster import erase_cluster, stop_cluster

# `up` gives its children 5 seconds and PostgreSQL a minute to write everything down
_UP_SECONDS = 90.0

# everything that `up` and the services make in a data folder; what else lies there is somebody else's
_OURS = (CREDENTIALS, EXAMPLE, "secret", "secret.new", "logs", "spool", STATE, LOCK, CHILDREN_LOCK)


def stop_everything(home: Path) -> list[str]:
    """Stop `up`, its children and the embedded PostgreSQL; returns what was stopped, in words."""
    stopped = []
    pid = running_up(home)
    if pid is not None:
        _stop_up(home, pid)
        stopped.append(f"groundswell up (process {pid}) with its services and PostgreSQL")
    if end_leftovers(home):
        stopped.append("processes that outlived an earlier start")
    if stop_cluster(home):
        stopped.append("PostgreSQL")
    (home / STATE).unlink(missing_ok=True)
    return stopped


def erase(home: Path) -> None:
    """Delete the embedded cluster and all else of ours in the data folder; the folder too, if that empties it."""
    erase_cluster(home)
    for name in _OURS:
        path = home / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if home.is_dir() and not any(home.iterdir()):
        home.rmdir()


def _stop_up(home: Path, pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise ConsoleError(f"Process {pid} runs Groundswell for {home} under another account.") from error
    deadline = time.monotonic() + _UP_SECONDS
    while running_up(home) == pid:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)  # the children follow by their lifeline
            deadline = float("inf")
        time.sleep(0.05)
