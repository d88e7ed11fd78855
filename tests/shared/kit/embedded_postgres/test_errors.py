"""Faults of the server become one line each."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.kit.embedded_postgres.cluster import ensure_cluster
from shared.kit.embedded_postgres.errors import DiskFull, EmbeddedPostgresError, PortTaken, fault_in_output, last_line


@pytest.fixture
def tiny_disk() -> Iterator[Path]:
    """A real file system of 20 MB: less than a cluster needs. Not in pytest's folder, which only root can enter."""
    disk = Path(tempfile.mkdtemp(prefix="gs-disk-"))
    disk.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        disk.rmdir()
        pytest.skip("mounting a small disk needs root with the right to mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S607  # found where the system has it
    disk.rmdir()


def test_a_full_disk_is_named(tiny_disk: Path) -> None:
    with pytest.raises(DiskFull, match="The disk is full") as caught:
        ensure_cluster(tiny_disk)
    assert "\n" not in str(caught.value)
    assert not (tiny_disk / "postgres").exists()


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ('FATAL:  could not write lock file "postmaster.pid": No space left on device', DiskFull),
        ("could not extend file: wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.", DiskFull),
        ("PANIC:  could not write to file: Disk quota exceeded", DiskFull),
        ('LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', PortTaken),
        ("FATAL:  something else", None),
    ],
)
def test_the_servers_words_name_the_fault(said: str, fault: type[EmbeddedPostgresError] | None) -> None:
    found = fault_in_output(said, folder=Path("/data"), port=5432)
    assert (type(found) if found else None) is fault


def test_the_telling_line_is_shown_not_the_hint_after_it() -> None:
    said = "LOG:  starting\nFATAL:  lock file exists\nHINT:  Is another postmaster running?\n"
    assert last_line(said) == "FATAL:  lock file exists"


def test_every_fault_has_an_exit_code_of_its_own() -> None:
    codes = [kind.exit_code for kind in EmbeddedPostgresError.__subclasses__()]
    assert len(set(codes)) == len(codes)
