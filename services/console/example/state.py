"""How far the example is, in the data folder."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.console.files import read_json, write_json

FILE = "example.json"


@dataclass
class Example:
    """What the example made already, by id; kept in `example.json` so that a killed run goes on where it was."""

    home: Path
    state: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, home: Path) -> "Example":
        return cls(home, read_json(home / FILE) or {})

    def remember(self, **values: Any) -> None:
        self.state.update(values)
        write_json(self.home / FILE, self.state)

    @property
    def is_finished(self) -> bool:
        return bool(self.state.get("finished"))

    def forget(self) -> None:
        (self.home / FILE).unlink(missing_ok=True)
        self.state = {}
