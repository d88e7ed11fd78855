"""What `up` does once everything is ready: it says so. The example campaign is started from here."""

from collections.abc import Mapping

from services.console.credentials import Credentials
from services.console.screen import show_ready


async def announce_and_run_example(credentials: Credentials, *, environment: Mapping[str, str], hint: str) -> None:
    """Show addresses and key.

    Runs beside the supervision, which goes on meanwhile, and is cancelled when `up` stops. `environment` is that of
    the children, for a process that is to be started from here.
    """
    show_ready(credentials, hint=hint)
