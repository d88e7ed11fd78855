"""Logs are rotated under the writer's hands and shown from their end."""

import os
import stat
from pathlib import Path

from services.console.logs import last_lines, open_log, rotate


def test_a_writer_that_goes_on_after_rotation_writes_into_the_emptied_file(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    writer = open_log(log)
    os.write(writer, b"first\n" * 10)
    assert rotate(log, limit=20)
    os.write(writer, b"second\n")
    os.close(writer)
    assert log.read_text() == "second\n"
    assert (tmp_path / "web.log.1").read_text() == "first\n" * 10


def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("short\n")
    assert not rotate(log, limit=20)
    assert not rotate(tmp_path / "missing.log")
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]


def test_only_so_many_old_logs_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for number in range(5):
        log.write_text(f"{number}\n")
        rotate(log, limit=1, keep=3)
    kept = {path.name: path.read_text() for path in tmp_path.glob("web.log.*")}
    assert kept == {"web.log.1": "4\n", "web.log.2": "3\n", "web.log.3": "2\n"}


def test_a_log_is_closed_to_others(tmp_path: Path) -> None:
    os.close(open_log(tmp_path / "web.log"))
    assert stat.S_IMODE((tmp_path / "web.log").stat().st_mode) == 0o600


def test_the_last_lines_are_those_of_the_last_start(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("of an earlier start\n")
    since = log.stat().st_size
    with log.open("a") as stream:
        stream.write("one\n\ntwo\nthree\n")
    assert last_lines(log, count=2, since=since) == ["two", "three"]
    assert last_lines(log, since=since) == ["one", "two", "three"]
    assert last_lines(tmp_path / "missing.log") == []


def test_after_a_rotation_the_last_lines_are_still_found(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("new\n")
    assert last_lines(log, since=1_000_000) == ["new"]
