"""Backup and restore: every database that the services use, the spool of hits, the secret and the first key."""

import asyncio
import errno
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.console.credentials import FILE as CREDENTIALS
from services.console.databases import DATABASE, named_databases
from services.console.errors import CopyFailed
from services.console.example.state import FILE as EXAMPLE
from services.console.processes import SERVICES
from services.console.state import running_up
from shared.kit.db import app_role, owner_role
from shared.kit.embedded_postgres.account import choose_account
from shared.kit.embedded_postgres.binaries import find_binaries
from shared.kit.embedded_postgres.cluster import Cluster, ensure_cluster, find_cluster, stop_cluster
from shared.kit.settings import Settings

FORMAT = 1
SCHEMAS = (*SERVICES, "identity")
_HOME_FILES = ("secret", CREDENTIALS, EXAMPLE)
SPOOL = "spool"


@dataclass(frozen=True)
class Place:
    """One database and the schemas of ours in it."""

    url: URL
    schemas: tuple[str, ...]


def back_up(settings: Settings, home: Path, file: Path) -> dict[str, Any]:
    """Write everything to one tar archive, mode 600; works while the services run. Returns its manifest."""
    if not file.absolute().parent.is_dir():  # said before the work, not after it
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file))
    with _databases(settings, home) as places, tempfile.TemporaryDirectory() as folder:
        manifest: dict[str, Any] = {"format": FORMAT, "databases": []}
        for number, place in enumerate(places):
            name = f"database-{number}.dump"
            _dump(place, Path(folder) / name)
            manifest["databases"].append({"file": name, "schemas": place.schemas})
        temporary = file.with_name(f".{file.name}.part")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened, tarfile.open(fileobj=opened, mode="w") as archive:
            _add_text(archive, "manifest.json", json.dumps(manifest, indent=2))
            for database in manifest["databases"]:
                archive.add(Path(folder) / database["file"], database["file"])
            for name in (*_HOME_FILES, SPOOL):
                if (home / name).exists():
                    archive.add(home / name, f"home/{name}")
            opened.flush()
            os.fsync(opened.fileno())
        temporary.replace(file)
    return manifest


def restore(settings: Settings, home: Path, file: Path) -> dict[str, Any]:
    """Put a backup into empty databases and this data folder. Raises CopyFailed when something is there already."""
    if running_up(home) is not None:
        raise CopyFailed("Stop it first: `groundswell down`. A restore needs empty databases that nobody uses.")
    if any((home / name).exists() for name in ("postgres", "postgres.path", "secret")):
        raise CopyFailed(f"{home} holds data already; restore into an empty data folder.")
    with tempfile.TemporaryDirectory() as folder:
        try:
            with tarfile.open(file) as archive:
                _extract(archive, Path(folder))
            manifest: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_text())
        except (OSError, tarfile.TarError, ValueError) as error:
            raise CopyFailed(f"{file} is not a backup that can be read: {error}.") from error
        if manifest.get("format") != FORMAT:
            raise CopyFailed(f"{file} has format {manifest.get('format')}; this release reads {FORMAT}.")
        with _databases(settings, home, start=True) as places:
            for database in manifest["databases"]:
                for place in places:
                    wanted = tuple(schema for schema in place.schemas if schema in database["schemas"])
                    if wanted:
                        asyncio.run(_prepare(place, wanted))
                        _load(place, Path(folder) / database["file"], wanted)
        home.mkdir(parents=True, exist_ok=True)
        saved = Path(folder) / "home"
        for path in sorted(saved.rglob("*")) if saved.exists() else []:
            target = home / path.relative_to(saved)
            if path.is_dir():
                target.mkdir(mode=0o700, exist_ok=True)
            else:
                descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "wb") as opened:
                    opened.write(path.read_bytes())
    return manifest


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Write the members below `folder`. A backup holds files and folders only: TarError for anything else or outside.

    By hand, because the filters of `extractall` came with Python 3.11.4.
    """
    for member in archive:
        target = (folder / member.name).resolve()
        if not target.is_relative_to(folder.resolve()) or not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"{member.name} does not belong in a backup")
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        content = archive.extractfile(member)
        if content is not None:  # a file's always is there
            with target.open("wb") as opened:
                shutil.copyfileobj(content, opened)


@contextmanager
def _databases(settings: Settings, home: Path, *, start: bool = False) -> Iterator[list[Place]]:
    """The distinct databases behind the settings. An embedded server that was not running is stopped again."""
    named = named_databases(settings)
    started: Cluster | None = None
    if len(named) < len(SCHEMAS):
        cluster = find_cluster(home)
        if cluster is None:
            if not start and not (home / "postgres").exists() and not (home / "postgres.path").exists():
                raise CopyFailed(f"There is nothing to back up in {home}.")
            cluster = started = ensure_cluster(home)
        cluster.create_database(DATABASE)
        named = {**dict.fromkeys(SCHEMAS, cluster.url(DATABASE)), **named}
    try:
        places: dict[str, list[str]] = {}
        for schema, url in named.items():
            places.setdefault(url, []).append(schema)
        yield [Place(make_url(url), tuple(schemas)) for url, schemas in places.items()]
    finally:
        if started is not None:
            stop_cluster(home)


def _dump(place: Place, target: Path) -> None:
    schemas = [f"--schema={schema}" for schema in place.schemas]
    _run("pg_dump", place.url, ["--format=custom", f"--file={target}", *schemas])


def _load(place: Place, source: Path, schemas: tuple[str, ...]) -> None:
    wanted = [f"--schema={schema}" for schema in schemas]
    _run("pg_restore", place.url, ["--exit-on-error", "--single-transaction", *wanted, str(source)])


async def _prepare(place: Place, schemas: tuple[str, ...]) -> None:
    """Roles and empty schemas. A schema that exists already is somebody's data: refuse."""
    engine = create_async_engine(place.url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            for schema in schemas:
                known = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
                if (await connection.execute(known, {"name": schema})).first():
                    raise CopyFailed(f"The database has a schema {schema} already; restore into an empty one.")
                for role in (owner_role(schema), app_role(schema)):
                    exists = text("SELECT 1 FROM pg_roles WHERE rolname = :name")
                    if not (await connection.execute(exists, {"name": role})).first():
                        await connection.execute(text(f"CREATE ROLE {role} NOLOGIN NOBYPASSRLS"))
                await connection.execute(text(f"CREATE SCHEMA {schema} AUTHORIZATION {owner_role(schema)}"))
                await connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {app_role(schema)}"))
    finally:
        await engine.dispose()


def _run(program: str, url: URL, arguments: list[str]) -> None:
    binaries = find_binaries(choose_account())
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    # the password goes by the environment: arguments are visible to every user of the machine
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    done = subprocess.run(  # noqa: S603  # PostgreSQL's own programs with our arguments
        [binaries.program(program), f"--dbname={address}", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
        raise CopyFailed(f"{program} failed: {last}")


def _add_text(archive: tarfile.TarFile, name: str, content: str) -> None:
    raw = content.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(raw), 0o600
    archive.addfile(entry, io.BytesIO(raw))
