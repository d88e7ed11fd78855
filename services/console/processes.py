"""The table of processes that `up` runs: per service a web process and a worker."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.kit.settings import SERVICE_PORTS, Settings

SERVICES = tuple(SERVICE_PORTS)


@dataclass(frozen=True)
class ProcessSpec:
    """One process to keep running. With a `ready_url`, it is ready when that answers 200; without, while it lives."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None
    port_variable: str | None = None  # the environment variable that moves its port, for the error message


def service_processes(settings: Settings) -> list[ProcessSpec]:
    """`discovery`, `discovery-worker`, `scoring`, ..."""
    table = []
    for service in SERVICES:
        table.append(
            ProcessSpec(
                name=service,
                argv=(sys.executable, "-m", f"services.{service}.app"),
                ready_url=f"{settings.url_of(service)}/readyz",
                port_variable=f"{service.upper()}_PORT",
            )
        )
        table.append(ProcessSpec(name=f"{service}-worker", argv=(sys.executable, "-m", f"services.{service}.worker")))
    return table
