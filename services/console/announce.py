"""What `up` does once everything is ready: it says so, and runs the example campaign where that was asked for."""

from collections.abc import Mapping
from pathlib import Path

from services.console.credentials import Credentials
from services.console.errors import ConsoleError
from services.console.screen import show_error, show_ready, show_step


async def announce_and_run_example(
    credentials: Credentials, *, environment: Mapping[str, str], hint: str, example: bool = False
) -> None:
    """Show addresses and key; with `example`, run the example campaign once per data folder and print its report.

    Runs beside the supervision, which goes on meanwhile, and is cancelled when `up` stops. A campaign that was cut
    short goes on where it was at the next start; a finished one is not run again.
    """
    show_ready(credentials, hint=hint)
    if not example:
        return
    # imported here: without the example `up` starts without these
    from services.console.api import Api
    from services.console.commands.example import show_example
    from services.console.example.campaign import run
    from services.console.example.state import Example
    from shared.kit.http import create_http_client
    from shared.kit.settings import Settings

    state = Example.load(Path(environment["GROUNDSWELL_HOME"]))
    if state.is_finished:
        show_step(
            "the example campaign ran already; `groundswell example` shows it again, with `--erase` it is deleted"
        )
        return
    addresses = {service: credentials[service] for service in ("discovery", "scoring", "attribution")}
    async with Api(key=credentials["api_key"], addresses=addresses, client=create_http_client(Settings())) as api:
        try:
            show_example(await run(api, state, say=show_step))
        except ConsoleError as error:
            # the services stay up: what failed is the example, and the next start goes on with it
            show_error(f"The example campaign stopped: {error}", list(error.details))
