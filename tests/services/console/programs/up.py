"""`groundswell up` over small processes instead of the services.

Argument: JSON `{"processes": [[name, arguments, port or null], ...], "migrate": a Python program or null}`.
"""

import json
import sys

from services.console.launch import read_settings, run_up
from services.console.main import run_guarded
from services.console.processes import ProcessSpec


def _spec(name: str, arguments: list[str], port: int | None) -> ProcessSpec:
    return ProcessSpec(
        name,
        (sys.executable, "-m", *arguments),
        ready_url=f"http://127.0.0.1:{port}/readyz" if port else None,
        port_variable="WEB_PORT" if port else None,
    )


def main(argument: str) -> None:
    plan = json.loads(argument)
    specs = [_spec(*row) for row in plan["processes"]]
    migrate = ProcessSpec("migrate", (sys.executable, "-c", plan["migrate"])) if plan["migrate"] else None
    run_guarded(lambda: run_up(read_settings(), specs=specs, migrate=migrate))


if __name__ == "__main__":
    main(sys.argv[1])
