"""The command line finds its commands in files and says what is wrong in one line."""

import errno
import pkgutil
from collections.abc import Callable
from importlib import import_module

import pytest

from services.console import commands
from services.console.errors import ConsoleError, NotRunning, ProcessFailed
from services.console.main import build, run_guarded
from shared.kit.embedded_postgres.errors import DataFolderUnusable, EmbeddedPostgresError
from tests.services.console.running import Installation


def test_every_file_in_commands_registers_commands() -> None:
    modules = [found.name for found in pkgutil.iter_modules(commands.__path__)]
    assert {"up", "down", "status"} <= set(modules)
    for name in modules:
        assert callable(import_module(f"{commands.__name__}.{name}").register)


def test_the_commands_that_manage_processes_are_there() -> None:
    names = {command.name or getattr(command.callback, "__name__", "") for command in build().registered_commands}
    assert {"up", "down", "status"} <= names


def _raises(error: Exception) -> Callable[[], object]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize("argument", ["import", "backup"])
def test_a_file_that_is_not_there_is_one_line(argument: str, installation: Installation) -> None:
    installation.variables |= {"GROUNDSWELL_API_KEY": "gsk_" + "a" * 43}
    missing = installation.home / "nowhere" / "file.csv"
    done = installation.command(argument, str(missing))
    assert done.returncode == 16
    assert done.stderr.startswith("Error: ")
    assert "nowhere" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (NotRunning("Nothing runs."), 3, "Error: Nothing runs.\n"),
        (DataFolderUnusable("No room."), 25, "Error: No room.\n"),
        (ProcessFailed("It ended.", details=["last [words]"]), 14, "Error: It ended.\n  | last [words]\n"),
        (OSError(errno.ENOSPC, "x", "/data/f"), 23, "Error: The disk is full: no room to write /data/f.\n"),
        (OSError(errno.ENOENT, "No such file", "export.csv"), 16, "Error: export.csv: No such file.\n"),
    ],
)
def test_what_is_wrong_is_one_line_and_an_exit_code(
    error: Exception, code: int, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        run_guarded(_raises(error))
    assert exit_.value.code == code
    assert capsys.readouterr().err == shown


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(KeyError):
        run_guarded(_raises(KeyError("a bug")))


def test_no_two_faults_of_starting_share_an_exit_code() -> None:
    console = [kind.exit_code for kind in ConsoleError.__subclasses__() if kind.__module__ == NotRunning.__module__]
    codes = [*console, *(kind.exit_code for kind in EmbeddedPostgresError.__subclasses__())]
    assert len(set(codes)) == len(codes)
