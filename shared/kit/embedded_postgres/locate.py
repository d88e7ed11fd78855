"""Where the cluster's files lie: inside the data folder, or as root where an unprivileged account can reach them."""

import hashlib
from pathlib import Path

from shared.kit.embedded_postgres.account import Account, choose_account, is_root
from shared.kit.embedded_postgres.errors import DataFolderUnusable

SYSTEM_FOLDER = Path("/var/lib/groundswell")


def make_home(home: Path) -> Path:
    """Make the data folder when it is missing; return it as an absolute path.

    An ordinary user's is closed to others. Root's can be passed through but not listed, because the server's account
    has to reach the cluster inside it; every file with a secret has mode 600 of its own.
    """
    home = home.expanduser().absolute()
    if not home.is_dir():
        try:
            home.mkdir(parents=True, exist_ok=True)
            home.chmod(0o711 if is_root() else 0o700)
        except OSError as error:
            raise DataFolderUnusable(f"The data folder {home} cannot be made: {error.strerror}.") from error
    return home


def locate_data(home: Path) -> Path:
    """The cluster's folder for this home: the one in use, else where a new one belongs. Makes nothing."""
    inside = home / "postgres"
    if (named := home / "postgres.path").exists():
        return Path(named.read_text().strip())
    if inside.exists() or not is_root() or _reachable(home, choose_account()):
        return inside
    digest = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
    elsewhere = SYSTEM_FOLDER / digest
    # A cluster that no home names belongs to a data folder that was deleted by hand. Its password and secrets are
    # gone with that folder; it is neither taken over nor removed.
    attempt = 1
    while elsewhere.exists():
        attempt += 1
        elsewhere = SYSTEM_FOLDER / f"{digest}-{attempt}"
    return elsewhere


def remember_data(home: Path, data: Path) -> None:
    """Name the cluster's folder in `postgres.path` when it does not lie inside the home."""
    if data.parent != home:
        (home / "postgres.path").write_text(f"{data}\n")


def make_system_folder() -> None:
    """Make /var/lib/groundswell, owned by root and open for passing through."""
    try:
        SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
        SYSTEM_FOLDER.chmod(0o755)
    except OSError as error:
        raise DataFolderUnusable(f"{SYSTEM_FOLDER} cannot be made: {error.strerror}.") from error


def _reachable(home: Path, account: Account) -> bool:
    return account.can_enter(home)
