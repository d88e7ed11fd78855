"""The embedded PostgreSQL itself: made once, shared, restarted, and honest about what is wrong."""

import os
import signal
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psutil
import pytest

from shared.kit.embedded_postgres.cluster import Cluster, ensure_cluster, erase_cluster, find_cluster, stop_cluster
from shared.kit.embedded_postgres.errors import DataFolderUnusable, OtherMajorVersion, PortTaken


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    yield home
    erase_cluster(home)


@pytest.fixture
def cluster(home: Path) -> Cluster:
    return ensure_cluster(home)


async def _ask(cluster: Cluster, question: str, *, database: str = "postgres") -> object:
    connection = await asyncpg.connect(cluster.url(database, driver="postgresql"))
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_durability_stays_on(cluster: Cluster) -> None:
    names = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
    assert [await _ask(cluster, f"show {name}") for name in names] == ["on"] * 4


async def test_two_hundred_connections_fit(cluster: Cluster) -> None:
    assert await _ask(cluster, "show max_connections") == "200"


async def test_only_loopback_listens_and_no_socket_file(cluster: Cluster) -> None:
    assert await _ask(cluster, "show listen_addresses") == "127.0.0.1"
    assert await _ask(cluster, "show unix_socket_directories") == ""


async def test_letters_outside_ascii_are_lowered(cluster: Cluster) -> None:
    assert await _ask(cluster, "select lower('ÄÖÜ')") == "äöü"


async def test_a_wrong_password_is_refused(cluster: Cluster) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(cluster.url("postgres", driver="postgresql").replace(cluster.password, "guess"))


def test_the_password_file_is_closed_to_others(home: Path, cluster: Cluster) -> None:
    file = home / "postgres.password"
    assert file.read_text().strip() == cluster.password
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_server_does_not_run_as_root(cluster: Cluster) -> None:
    assert cluster.pid is not None
    assert psutil.Process(cluster.pid).uids().effective != 0


def test_a_second_call_attaches_to_the_running_server(home: Path, cluster: Cluster) -> None:
    assert ensure_cluster(home) == cluster


async def test_it_can_be_called_inside_a_running_event_loop(home: Path, cluster: Cluster) -> None:
    assert ensure_cluster(home).answers()


def test_many_callers_at_once_share_one_server(home: Path, cluster: Cluster) -> None:
    cluster.stop()
    with ThreadPoolExecutor(4) as pool:
        pids = set(pool.map(lambda _: ensure_cluster(home).pid, range(4)))
    assert len(pids) == 1


def test_a_stopped_server_is_not_found(home: Path, cluster: Cluster) -> None:
    assert stop_cluster(home)
    assert not cluster.answers()
    assert find_cluster(home) is None
    assert not stop_cluster(home)


async def test_the_data_and_the_port_outlive_kill_9(home: Path, cluster: Cluster) -> None:
    cluster.create_database("kept")
    connection = await asyncpg.connect(cluster.url("kept", driver="postgresql"))
    await connection.execute("create table if not exists rows (n int); insert into rows values (1)")
    assert cluster.pid is not None
    os.kill(cluster.pid, signal.SIGKILL)
    connection.terminate()

    again = ensure_cluster(home)

    assert again.port == cluster.port
    assert await _ask(again, "select count(*) >= 1 from rows", database="kept") is True


def test_a_pid_file_whose_pid_belongs_to_another_process_is_not_believed(home: Path, cluster: Cluster) -> None:
    text = (cluster.data / "postmaster.pid").read_text()
    cluster.stop()
    lines = text.splitlines()
    (cluster.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    assert find_cluster(home) is None
    assert ensure_cluster(home).answers()


def test_a_database_is_made_once(cluster: Cluster) -> None:
    assert cluster.create_database("once")
    assert not cluster.create_database("once")
    cluster.drop_database("once")
    assert cluster.create_database("once", template="template0")
    cluster.drop_database("once")


def test_a_database_name_cannot_carry_sql(cluster: Cluster) -> None:
    with pytest.raises(ValueError, match="not a database name"):
        cluster.create_database('x"; drop database postgres; --')


def test_settings_of_the_caller_win(tmp_path: Path) -> None:
    cluster = ensure_cluster(tmp_path, settings={"fsync": "off"})
    try:
        options = (cluster.data / "postmaster.opts").read_text()
    finally:
        erase_cluster(tmp_path)
    assert "fsync=off" in options


def test_a_taken_port_is_named(home: Path, cluster: Cluster) -> None:
    cluster.stop()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} .* taken by another program"):
            ensure_cluster(home, port=port)


def test_without_a_wanted_port_a_taken_one_is_left_for_another(home: Path, cluster: Cluster) -> None:
    cluster.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", cluster.port))
        other.listen()
        assert ensure_cluster(home).port != cluster.port


def test_a_data_folder_of_another_major_version_is_refused_untouched(home: Path, cluster: Cluster) -> None:
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    was = version.read_text()
    version.write_text("15\n")
    try:
        with pytest.raises(OtherMajorVersion, match="made by PostgreSQL 15, but this is PostgreSQL 18"):
            ensure_cluster(home)
        assert version.read_text() == "15\n"
    finally:
        version.write_text(was)


def test_a_lost_password_file_is_one_clear_line(home: Path, cluster: Cluster) -> None:
    (home / "postgres.password").write_text("not the one\n")
    try:
        with pytest.raises(DataFolderUnusable, match="refuses the password") as caught:
            ensure_cluster(home)
        assert "\n" not in str(caught.value)
    finally:
        (home / "postgres.password").write_text(f"{cluster.password}\n")


def test_a_folder_with_other_files_is_not_overwritten(tmp_path: Path) -> None:
    # as root the cluster may lie elsewhere, so the place is named
    elsewhere = tmp_path / "full"
    elsewhere.mkdir()
    (elsewhere / "letter.txt").write_text("dear")
    (tmp_path / "postgres.path").write_text(str(elsewhere))
    with pytest.raises(DataFolderUnusable, match="is not empty"):
        ensure_cluster(tmp_path)
    assert (elsewhere / "letter.txt").read_text() == "dear"


def test_erasing_leaves_neither_data_nor_password(tmp_path: Path) -> None:
    cluster = ensure_cluster(tmp_path)
    erase_cluster(tmp_path)
    assert not cluster.data.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs"]
