"""`groundswell status`"""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from services.console.launch import home_of, read_settings
from services.console.readiness import ask_ready
from services.console.screen import screen
from services.console.state import ProcessState, process_started, read_state, running_up
from shared.kit.embedded_postgres.cluster import find_cluster

_NOT_RUNNING = 3
_NOT_READY = 1


def register(app: typer.Typer) -> None:
    app.command()(status)


def status(*, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show each process with its readiness. Exits with 0 when all are ready, 1 when some are not, 3 when none runs."""
    found = look(home_of(read_settings()))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        _show(found)
    if not found["running"]:
        raise typer.Exit(_NOT_RUNNING)
    if not all(process["ready"] for process in found["processes"]) or found["phase"] != "ready":
        raise typer.Exit(_NOT_READY)


def look(home: Path) -> dict[str, Any]:
    """What runs for this data folder at this moment: asked, not remembered."""
    pid = running_up(home)
    state = read_state(home) if pid is not None else None
    with ThreadPoolExecutor(max_workers=8) as pool:
        processes = list(pool.map(_process, state.processes if state else []))
    postgres = _postgres(home)
    if postgres is not None:
        processes.append(postgres)
    return {
        "home": str(home),
        "running": pid is not None,
        "pid": pid,
        "phase": state.phase if state else None,
        "addresses": state.addresses if state else {},
        "processes": processes,
    }


def _process(process: ProcessState) -> dict[str, Any]:
    alive = process.pid is not None and process_started(process.pid) == process.started
    reason = "" if alive else "does not run"
    if alive and process.ready_url:
        reason = ask_ready(process.ready_url).reason
    address = process.ready_url.rpartition("/")[0] if process.ready_url else None
    return {
        "name": process.name,
        "pid": process.pid if alive else None,
        "ready": not reason,
        "reason": reason,
        "restarts": process.restarts,
        "address": address,
    }


def _postgres(home: Path) -> dict[str, Any] | None:
    if not os.access(home / "postgres.password", os.R_OK):
        return None
    cluster = find_cluster(home)
    answers = cluster is not None and cluster.answers()
    return {
        "name": "postgres",
        "pid": cluster.pid if cluster else None,
        "ready": answers,
        "reason": "" if answers else "does not answer" if cluster else "does not run",
        "restarts": None,
        "address": f"127.0.0.1:{cluster.port}" if cluster else None,
    }


def _show(found: dict[str, Any]) -> None:
    if found["running"]:
        line = f"Groundswell is {found['phase']} (process {found['pid']}), data in {found['home']}"
    else:
        line = f"Groundswell does not run for {found['home']}"
    screen.print(line, soft_wrap=True, markup=False)
    if not found["processes"]:
        return
    table = Table("process", "pid", "state", "restarts", "address", box=None, header_style="dim")
    for process in found["processes"]:
        table.add_row(
            process["name"],
            str(process["pid"] or "-"),
            "[green]ready[/green]" if process["ready"] else f"[red]{process['reason']}[/red]",
            "" if process["restarts"] is None else str(process["restarts"]),
            process["address"] or "",
        )
    screen.print(table)
