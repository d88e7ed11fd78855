"""`groundswell up`: from an empty folder to three ready services, and back down again."""

import asyncio
import contextlib
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from services.console.announce import announce_and_run_example
from services.console.child import Surroundings
from services.console.credentials import Credentials, key_digest, prepare_credentials, write_credentials
from services.console.databases import DATABASE, check_databases, named_databases, start_embedded
from services.console.errors import ProcessFailed, ServicePortTaken, SettingsWrong
from services.console.processes import SERVICES, ProcessSpec, service_processes
from services.console.readiness import is_port_free
from services.console.screen import show_step
from services.console.state import STATE, UpState, children_lock, end_leftovers, hold_up_lock, write_state
from services.console.supervisor import Supervisor
from shared.kit.embedded_postgres.cluster import Cluster, find_cluster, stop_cluster
from shared.kit.embedded_postgres.locate import make_home
from shared.kit.secrets import load_secret
from shared.kit.settings import Settings

_MIGRATE = "services.console.commands.migrate"
_SERVER_STARTS = 5


def read_settings() -> Settings:
    """The settings of this environment. Raises SettingsWrong, naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsWrong(f"{name}: {first['msg']}.") from error


def home_of(settings: Settings) -> Path:
    return settings.groundswell_home.expanduser().absolute()


def run_up(
    settings: Settings,
    *,
    specs: Sequence[ProcessSpec] | None = None,
    migrate: ProcessSpec | None = None,
    example: bool = False,
) -> None:
    """Bring everything up, stay until SIGINT, SIGTERM or SIGHUP, then take everything down.

    `specs` replaces the services, and `migrate` then is what runs to its end before them. Raises ConsoleError and
    EmbeddedPostgresError; nothing is left running then.
    """
    os.umask(0o077)
    home = make_home(home_of(settings))
    with hold_up_lock(home):
        if end_leftovers(home):
            show_step("processes of an earlier start have ended")
        with children_lock(home) as lock, _lifeline() as lifeline:
            if specs is None:
                specs, migrate = service_processes(settings), _migrate_spec()
            up = _Up(settings, home, list(specs), migrate, lock=lock, lifeline=lifeline, example=example)
            try:
                asyncio.run(up.run())
            finally:
                (home / STATE).unlink(missing_ok=True)


@contextlib.contextmanager
def _lifeline() -> Iterator[int]:
    """The read end of a pipe for children; its write end is this process's alone, so that it closes with us."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


def _migrate_spec() -> ProcessSpec | None:
    # looked up instead of imported: the migrations' libraries are not needed in this process
    if importlib.util.find_spec(_MIGRATE) is None:
        return None
    return ProcessSpec("migrate", (sys.executable, "-m", "services.console.main", "migrate"))


@dataclass
class _Up:
    settings: Settings
    home: Path
    table: list[ProcessSpec]
    migrate: ProcessSpec | None
    lock: int
    lifeline: int
    example: bool = False
    state: UpState = field(default_factory=lambda: UpState(os.getpid()))
    supervisor: Supervisor | None = None
    cluster: Cluster | None = None
    told_to_stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.told_to_stop.set)
        work = asyncio.create_task(self._bring_up())
        stop = asyncio.create_task(self.told_to_stop.wait())
        try:
            # `work` ends by itself only when it fails: once up, it waits for ever
            await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            work.cancel()
            try:
                await asyncio.gather(work, stop, return_exceptions=True)
            finally:
                await self._take_down()
        if not (work.cancelled() or self.told_to_stop.is_set()):
            work.result()

    async def _bring_up(self) -> None:
        self._save()
        credentials = prepare_credentials(self.home, self.settings)
        self.state.addresses = {service: address for service, address in credentials.items() if service in SERVICES}  # type: ignore[misc]  # all its values are text
        self._check_ports()
        load_secret(self.home, self.settings.groundswell_secret)
        await self._find_databases()
        environment = self._environment(credentials)
        self.supervisor = Supervisor(
            self.home,
            self.table,
            Surroundings(environment, self.lifeline, self.lock),
            report=self._report,
            changed=self._save,
            cluster=self.cluster,
        )
        if self.migrate is not None:
            self._report("migrating the databases")
            await self._migrate(self.supervisor, self.migrate)
        self._report(f"starting {', '.join(spec.name for spec in self.table)}")
        self.supervisor.start()
        await self.supervisor.wait_until_ready()
        write_credentials(self.home, credentials)
        self.state.phase, self.state.message = "ready", "ready"
        self._save()
        hint = "Ctrl-C stops it" if sys.stdout.isatty() else "groundswell down stops it"
        try:
            await announce_and_run_example(credentials, environment=environment(), hint=hint, example=self.example)
        except Exception as error:  # noqa: BLE001  # whatever it is, the services outlive their example
            self._report(f"the example campaign stopped: {error!r}")
        await asyncio.Event().wait()

    async def _migrate(self, supervisor: Supervisor, spec: ProcessSpec) -> None:
        """Migrate. An embedded server that died meanwhile is started again; every other failure is the migration's."""
        for _ in range(_SERVER_STARTS):
            try:
                return await supervisor.run_to_end(spec)
            except ProcessFailed:
                if self.cluster is None or await asyncio.to_thread(find_cluster, self.home) is not None:
                    raise
                self._report("PostgreSQL has died; it starts again")
                await self._start_embedded()
                supervisor.cluster = self.cluster
        return await supervisor.run_to_end(spec)

    async def _start_embedded(self) -> Cluster:
        # not cut short: a server half started would be left behind
        work = asyncio.ensure_future(start_embedded(self.home))
        try:
            self.cluster = await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work])
            raise
        return self.cluster

    def _check_ports(self) -> None:
        for spec in self.table:
            if spec.ready_url and not is_port_free(spec.ready_url):
                port = int(spec.ready_url.split("://")[1].split("/")[0].rpartition(":")[2])
                raise ServicePortTaken(port, process=spec.name, variable=spec.port_variable)

    async def _find_databases(self) -> None:
        named = named_databases(self.settings)
        await check_databases(named)
        missing = [user for user in (*SERVICES, "identity") if user not in named]
        if not missing:
            return
        already = await asyncio.to_thread(find_cluster, self.home)
        cluster = await self._start_embedded()
        self._report(
            f"PostgreSQL {cluster.binaries.version} {'was running' if already else 'runs'} on port "
            f"{cluster.port}, data in {cluster.data}" + (f", for {', '.join(missing)}" if named else "")
        )

    def _environment(self, credentials: Credentials) -> Callable[[], Mapping[str, str]]:
        root = Path(__file__).resolve().parents[2]
        fixed = {
            "GROUNDSWELL_HOME": str(self.home),
            "GROUNDSWELL_BOOTSTRAP_KEY_SHA256": key_digest(credentials["api_key"]),
            "HOST": self.settings.host,
            **{f"{service.upper()}_PORT": str(self.settings.port_of(service)) for service in SERVICES},
        }
        if (root / "pyproject.toml").exists():  # run from a checkout: children find it from any folder
            paths = [str(root), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
            fixed["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path for path in paths if path))

        def now() -> dict[str, str]:
            # the secret is read at each start of a child, because it can be rotated while we run
            secret = ",".join(load_secret(self.home, self.settings.groundswell_secret))
            database = {} if self.cluster is None else {"DATABASE_URL": self.cluster.url(DATABASE)}
            return {**os.environ, **fixed, **database, "GROUNDSWELL_SECRET": secret}

        return now

    async def _take_down(self) -> None:
        self.state.phase = "stopping"
        self._report("stopping")
        if self.supervisor is not None:
            await self.supervisor.stop()
        # asked of the folder, not of what we know: it may have been restarted, or half started, a moment ago
        if await asyncio.to_thread(stop_cluster, self.home):
            show_step("PostgreSQL has stopped")

    def _report(self, message: str) -> None:
        self.state.message = message
        show_step(message)
        self._save()

    def _save(self) -> None:
        cluster = self.supervisor.cluster if self.supervisor else self.cluster
        if cluster is not None:
            self.state.postgres = {"data": str(cluster.data), "port": cluster.port}
        if self.supervisor is not None:
            self.state.processes = self.supervisor.states()
        with contextlib.suppress(OSError):  # a full disk must not end the supervision
            write_state(self.home, self.state)
