"""Backup and restore: what was saved is there again, and nothing is overwritten."""

import asyncio
import stat
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from services.console import archive_copy
from services.console.databases import DATABASE
from services.console.errors import CopyFailed
from shared.kit.db import Database
from shared.kit.embedded_postgres.cluster import ensure_cluster, stop_cluster
from shared.kit.identity import repository
from shared.kit.ids import new_id
from shared.kit.migrations import upgrade
from shared.kit.secrets import load_secret
from shared.kit.settings import Settings
from tests.house import HISTORIES

UNSAFE = {"fsync": "off", "synchronous_commit": "off"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    return tmp_path / "home"


@pytest.fixture
async def filled(home: Path) -> AsyncIterator[UUID]:
    """An installation with one workspace, a secret and a hit in the spool."""
    cluster = await asyncio.to_thread(ensure_cluster, home, settings=UNSAFE)
    await asyncio.to_thread(cluster.create_database, DATABASE)
    for history in HISTORIES:
        await upgrade(cluster.url(DATABASE), history)
    database = Database(cluster.url(DATABASE), schema="identity", pool_size=1)
    workspace_id = new_id()
    async with database.system_session() as session:
        await repository.add_workspace(session, workspace_id=workspace_id, name="saved", created_by=None)
    await database.dispose()
    load_secret(home)
    (home / "spool").mkdir()
    (home / "spool/one").write_bytes(b"a hit")
    yield workspace_id
    await asyncio.to_thread(stop_cluster, home)


async def names_in(home: Path) -> list[tuple[UUID, str]]:
    cluster = await asyncio.to_thread(ensure_cluster, home, settings=UNSAFE)
    database = Database(cluster.url(DATABASE), schema="identity", pool_size=1)
    async with database.system_session() as session:
        rows = (await session.execute(text("SELECT workspace_id, name FROM identity.workspaces"))).all()
    await database.dispose()
    await asyncio.to_thread(stop_cluster, home)
    return [(row.workspace_id, row.name) for row in rows]


async def test_a_restored_backup_holds_rows_roles_secret_and_spool(home: Path, filled: UUID, tmp_path: Path) -> None:
    file, other = tmp_path / "saved.tar", tmp_path / "other"
    await asyncio.to_thread(archive_copy.back_up, Settings(), home, file)
    await asyncio.to_thread(stop_cluster, home)
    await asyncio.to_thread(archive_copy.restore, Settings(), other, file)
    assert await names_in(other) == [(filled, "saved")]
    assert (other / "secret").read_text() == (home / "secret").read_text()
    assert (other / "spool/one").read_bytes() == b"a hit"


async def test_a_backup_is_readable_by_its_owner_only(home: Path, filled: UUID, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar"
    await asyncio.to_thread(archive_copy.back_up, Settings(), home, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_restore_overwrites_nothing(home: Path, filled: UUID, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar"
    await asyncio.to_thread(archive_copy.back_up, Settings(), home, file)
    with pytest.raises(CopyFailed, match="already"):
        await asyncio.to_thread(archive_copy.restore, Settings(), home, file)


@pytest.mark.parametrize("content", [b"", b"no archive at all"])
def test_a_file_that_is_no_backup_is_refused(home: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.tar"
    file.write_bytes(content)
    with pytest.raises(CopyFailed, match=r"cannot be read|is not a backup"):
        archive_copy.restore(Settings(), home, file)


@pytest.mark.parametrize("name", ["../outside", "home/../../outside", "{tmp_path}/outside"])
def test_a_member_that_leads_outside_is_refused(home: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / "hostile.tar"
    with tarfile.open(file, "w") as archive:
        member = tarfile.TarInfo(name.format(tmp_path=tmp_path))  # as it stands: `add` would cut a leading slash
        archive.addfile(member)
    with pytest.raises(CopyFailed, match="does not belong in a backup"):
        archive_copy.restore(Settings(), home, file)
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_member_that_is_no_file_is_refused(home: Path, tmp_path: Path, kind: bytes) -> None:
    file = tmp_path / "hostile.tar"
    with tarfile.open(file, "w") as archive:
        member = tarfile.TarInfo("home/secret")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(CopyFailed, match="does not belong in a backup"):
        archive_copy.restore(Settings(), home, file)


def test_there_is_nothing_to_save_in_an_empty_folder(home: Path, tmp_path: Path) -> None:
    with pytest.raises(CopyFailed, match="nothing to back up"):
        archive_copy.back_up(Settings(), home, tmp_path / "saved.tar")
