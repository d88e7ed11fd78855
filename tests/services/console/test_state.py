"""One `up` per data folder, a state file that others can read, and leftovers that are found and ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.console.errors import AlreadyRunning
from services.console.state import (
    STATE,
    ProcessState,
    UpState,
    children_lock,
    end_leftovers,
    hold_up_lock,
    process_started,
    read_state,
    running_up,
    write_state,
)


def test_the_lock_names_its_holder_and_is_free_afterwards(tmp_path: Path) -> None:
    assert running_up(tmp_path) is None
    with hold_up_lock(tmp_path):
        assert running_up(tmp_path) == os.getpid()
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"), hold_up_lock(tmp_path):
            pass
    assert running_up(tmp_path) is None


def test_the_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    state = UpState(1, "ready", "ready", {"discovery": "http://x"}, {"port": 5}, [ProcessState("web", 2, "3", 4, "u")])
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state


@pytest.mark.parametrize("content", ["", "[]", '{"pid": 1, "of": "another release"}', "null"])
def test_a_state_file_that_is_not_ours_is_no_state(tmp_path: Path, content: str) -> None:
    (tmp_path / STATE).write_text(content)
    assert read_state(tmp_path) is None


def test_a_process_is_told_from_a_later_one_and_from_none() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = process_started(process.pid)
        assert started
        assert process_started(process.pid) == started
    assert process_started(process.pid) is None


def test_without_leftovers_nothing_is_waited_for(tmp_path: Path) -> None:
    assert not end_leftovers(tmp_path)
    with children_lock(tmp_path):
        pass
    assert not end_leftovers(tmp_path)


def test_a_child_that_outlives_its_up_is_killed(tmp_path: Path) -> None:
    with children_lock(tmp_path) as lock:
        child = subprocess.Popen(
            [sys.executable, "-c", "print('here', flush=True); input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(lock,),
            start_new_session=True,
        )
    assert child.stdout is not None
    assert child.stdout.readline() == b"here\n"
    write_state(tmp_path, UpState(1, processes=[ProcessState("web", child.pid, process_started(child.pid))]))

    assert end_leftovers(tmp_path, patience=0.1)

    child.communicate()
    assert child.returncode == -9


def test_a_process_that_only_shares_the_recorded_pid_is_spared(tmp_path: Path) -> None:
    with (
        children_lock(tmp_path) as lock,
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other,
    ):
        held = os.dup(lock)
        write_state(tmp_path, UpState(1, processes=[ProcessState("web", other.pid, "another time")]))
        os.close(held)
    assert not end_leftovers(tmp_path, patience=0.1)
    assert other.returncode == 1  # it ended by itself, of its closed input
