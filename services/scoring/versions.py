"""Which code and which parameters a score was made with: hashes of the pure files and of the files of numbers."""

import hashlib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_PURE_FILES = (
    "assess.py", "brief_terms.py", "context.py", "criterion.py", "evidence.py", "gate.py", "mentions.py",
    "observations.py", "own_reports.py", "peers.py", "rates.py", "totals.py",
)  # fmt: skip
_PURE_FOLDERS = ("authenticity", "criteria", "gates", "images", "statistics", "text")


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(_FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def code_version() -> str:
    """16 hex digits over everything that turns evidence into a score."""
    files = [_FOLDER / name for name in _PURE_FILES]
    for folder in _PURE_FOLDERS:
        files.extend((_FOLDER / folder).rglob("*.py"))
    return _digest(files)


@cache
def parameters_version() -> str:
    """16 hex digits over the shipped priors and coefficients."""
    return _digest([path for path in _FOLDER.rglob("*.json") if "migrations" not in path.parts])
