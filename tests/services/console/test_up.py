"""`up` and `down` with real processes and a real PostgreSQL: start, stop, and every kind of sudden death."""

import json
import os
import signal
import socket
import stat
from functools import partial
from pathlib import Path

import psutil
import pytest

from services.console.credentials import read_credentials
from services.console.example.state import Example
from tests.services.console.running import PATIENCE, Installation, eventually


def _gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE)
    return not alive


def test_up_makes_everything_ready_and_ctrl_c_leaves_nothing(embedded: Installation) -> None:
    up = embedded.start_until_ready()
    running = embedded.processes()
    credentials = embedded.home / "credentials.json"
    known = json.loads(credentials.read_text())

    assert [process["name"] for process in embedded.look()["processes"]] == ["web", "worker", "postgres"]
    assert set(known) == {"api_key", "discovery", "scoring", "attribution"}
    assert known["discovery"] == "http://127.0.0.1:8101"
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    assert stat.S_IMODE((embedded.home / "secret").stat().st_mode) == 0o600
    sessions = {os.getsid(process.pid) for process in running}
    assert len(sessions) == len(running)  # each a session of its own

    up.send_signal(signal.SIGINT)
    output, error = up.communicate(timeout=PATIENCE)

    assert up.returncode == 0
    assert error == ""
    assert known["api_key"] in output
    assert "http://127.0.0.1:8103/docs" in output
    assert _gone(running)
    assert embedded.command("status").returncode == 3


def test_a_restart_keeps_the_key_and_the_data(embedded: Installation) -> None:
    embedded.start_until_ready()
    first = read_credentials(embedded.home)
    assert embedded.command("down").returncode == 0
    embedded.migrate = "import os; assert os.environ['DATABASE_URL']; print('migrated')"
    embedded.start_until_ready()
    assert read_credentials(embedded.home) == first
    assert "migrated" in (embedded.home / "logs" / "migrate.log").read_text()


def test_killed_processes_and_postgresql_come_back(embedded: Installation) -> None:
    embedded.start_until_ready()
    before = {name: embedded.pid(name) for name in ("web", "worker", "postgres")}
    for pid in before.values():
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    after = {name: eventually(partial(_another, embedded, name, pid)) for name, pid in before.items()}

    assert all(after[name] != before[name] for name in before)
    assert {process["name"]: process["restarts"] for process in embedded.look()["processes"]} == {
        "web": 1,
        "worker": 1,
        "postgres": None,
    }
    status = embedded.command("status", "--json")
    assert status.returncode == 0
    assert json.loads(status.stdout)["phase"] == "ready"


def _another(installation: Installation, name: str, pid: int | None) -> int | None:
    found = installation.pid(name)
    return found if found != pid else None


def test_after_kill_9_of_up_the_children_end_and_the_next_up_attaches(embedded: Installation) -> None:
    up = embedded.start_until_ready()
    postgres = embedded.pid("postgres")
    children = [process for process in embedded.processes() if process.pid not in (up.pid, postgres)]
    up.kill()
    up.wait(PATIENCE)

    assert len(children) == 2
    assert _gone(children)
    assert embedded.pid("postgres") == postgres
    embedded.start_until_ready()
    assert embedded.pid("postgres") == postgres


def test_down_after_kill_9_of_up_leaves_no_process(embedded: Installation) -> None:
    up = embedded.start_until_ready()
    running = embedded.processes()
    up.kill()
    up.wait(PATIENCE)
    down = embedded.command("down")
    assert down.returncode == 0
    assert [process for process in running if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert "Nothing runs" in embedded.command("down").stdout


def test_a_process_that_ignores_every_request_is_stopped_too(installation: Installation) -> None:
    installation.web = ["stubborn"]
    up = installation.start_until_ready()
    running = installation.processes()
    up.terminate()
    output, _ = up.communicate(timeout=PATIENCE)
    assert "web did not stop within 5 s and is killed" in output
    assert _gone(running)


def test_two_ups_on_one_folder_are_one_too_many(installation: Installation) -> None:
    first = installation.start_until_ready()
    code, error = installation.run_to_failure()
    assert code == 10
    assert f"already runs for {installation.home} (process {first.pid})" in error
    assert installation.look()["phase"] == "ready"


def test_a_taken_port_is_one_line_and_leaves_nothing(installation: Installation) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", installation.port))
        other.listen()
        code, error = installation.run_to_failure()
    assert code == 11
    assert error == (
        f"Error: Port {installation.port}, wanted by web, is taken by another program; set WEB_PORT to another port.\n"
    )
    assert not installation.processes()


def test_a_child_that_keeps_failing_ends_up_with_its_last_words(installation: Installation) -> None:
    installation.web = ["fails"]
    code, error = installation.run_to_failure()
    assert code == 14
    assert error.startswith("Error: web does not start (log: ")
    assert "the reason why it fails" in error
    assert not installation.processes()


def test_a_failed_migration_ends_up_before_any_service_starts(installation: Installation) -> None:
    installation.migrate = "raise SystemExit('no such table')"
    code, error = installation.run_to_failure()
    assert code == 14
    assert "migrate ended with exit code 1" in error
    assert "no such table" in error
    assert not (installation.home / "logs" / "web.log").exists()
    assert not installation.processes()


def test_a_data_folder_of_another_major_version_is_one_line(embedded: Installation) -> None:
    embedded.start_until_ready()
    data = embedded.look()["home"]
    embedded.command("down")
    named = embedded.home / "postgres.path"
    folder = named.read_text().strip() if named.exists() else f"{data}/postgres"
    version = Path(folder) / "PG_VERSION"
    was = version.read_text()
    version.write_text("14\n")
    code, error = embedded.run_to_failure()
    version.write_text(was)
    assert code == 24
    assert error.startswith(f"Error: The data folder {folder} was made by PostgreSQL 14, but this is PostgreSQL 18")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://root@127.0.0.1/x", "a database URL looks like postgresql://"),
        ("postgresql://me:geheim@127.0.0.1:1/x", "no PostgreSQL answers at 127.0.0.1:1"),
    ],
)
def test_a_wrong_database_url_is_one_line_without_its_password(installation: Installation, url: str, says: str) -> None:
    installation.variables = {"DATABASE_URL": url}
    code, error = installation.run_to_failure()
    assert code == 12
    assert says in error
    assert "geheim" not in error
    assert error.count("\n") == 1


def test_migrate_without_a_url_works_on_the_embedded_database_and_stops_it_again(embedded: Installation) -> None:
    done = embedded.command("migrate")
    assert (done.returncode, done.stderr) == (0, "")
    assert "attribution is at its head" in done.stdout
    assert embedded.look()["processes"][-1]["ready"] is False


def test_migrate_says_what_is_wrong_with_a_url_in_one_line(installation: Installation) -> None:
    installation.variables = {"DATABASE_URL": "postgresql://me:geheim@127.0.0.1:1/x"}
    done = installation.command("migrate")
    assert done.returncode == 12
    assert "no PostgreSQL answers at 127.0.0.1:1" in done.stderr
    assert "geheim" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_setting_that_cannot_be_names_its_variable(installation: Installation) -> None:
    installation.variables = {"DISCOVERY_PORT": "many"}
    code, error = installation.run_to_failure()
    assert code == 13
    assert error.startswith("Error: DISCOVERY_PORT: ")


def test_detached_it_returns_when_ready_and_down_stops_and_erases_it(
    embedded: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from services.console.detach import detach

    for name, value in embedded.environment.items():
        monkeypatch.setenv(name, value)
    pid = detach(embedded.home, argv=embedded.argv)
    assert embedded.look()["pid"] == pid
    assert embedded.look()["phase"] == "ready"
    assert "web is ready" in capsys.readouterr().out
    running = embedded.processes()
    (embedded.home / "letter.txt").write_text("not ours")
    Example.load(embedded.home).remember(finished=True)

    asked = embedded.command("down", "--erase", answer="n\n")
    assert asked.returncode != 0
    assert embedded.look()["phase"] == "ready"
    assert embedded.command("down", "--erase", answer="y\n").returncode == 0

    os.waitpid(pid, 0)
    assert _gone(running)
    assert [path.name for path in embedded.home.iterdir()] == ["letter.txt"]
