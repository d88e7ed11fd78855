"""Small files of the data folder: written whole or not at all, and closed to others."""

import json
import os
from pathlib import Path
from typing import Any


def write_json(file: Path, content: Any) -> None:  # any JSON
    """Replace the file in one step, mode 600."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=2)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def read_json(file: Path) -> Any | None:  # any JSON
    """The content, or None when there is no such file. Raises ValueError when it is not JSON."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
