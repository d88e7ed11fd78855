"""Errors that the command line shows as one clear line, each with its exit code.

ConsoleError
├── AlreadyRunning       another `up` holds this data folder
├── NotRunning           a command needs a running `up`
├── ServicePortTaken     a service's port belongs to another program
├── WrongDatabaseUrl     a database URL that is malformed, refused or leads nowhere
├── SettingsWrong        an environment variable with a value that cannot be
├── ProcessFailed        a process of ours did not come up; carries the last lines of its log
├── ApiRefused           a service answered with an error; carries every fault that it named
└── CopyFailed           a backup or a restore that could not be done
"""

from collections.abc import Sequence


class ConsoleError(Exception):
    """Base of all; `str()` is one line, `details` are further lines shown below it."""

    exit_code = 1
    details: Sequence[str] = ()


class AlreadyRunning(ConsoleError):  # noqa: N818  # named after the case, as the tree above reads
    exit_code = 10


class NotRunning(ConsoleError):  # noqa: N818
    exit_code = 3


class ServicePortTaken(ConsoleError):  # noqa: N818
    exit_code = 11

    def __init__(self, port: int, *, process: str, variable: str | None) -> None:
        hint = f"; set {variable} to another port" if variable else ""
        super().__init__(f"Port {port}, wanted by {process}, is taken by another program{hint}.")


class WrongDatabaseUrl(ConsoleError):  # noqa: N818
    exit_code = 12


class SettingsWrong(ConsoleError):  # noqa: N818
    exit_code = 13


class ProcessFailed(ConsoleError):  # noqa: N818
    exit_code = 14

    def __init__(self, message: str, *, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = details


class ApiRefused(ConsoleError):  # noqa: N818
    exit_code = 4

    def __init__(self, message: str, *, status: int, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.details = details


class CopyFailed(ConsoleError):  # noqa: N818
    exit_code = 15
