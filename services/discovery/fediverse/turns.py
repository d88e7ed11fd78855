"""A reading of one hashtag over many servers: whose turn it is, and where each server's pages go on."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from services.discovery import cursors


@dataclass(frozen=True, slots=True, kw_only=True)
class HashtagPosition(cursors.Position):
    """`turns`: the servers that still have pages, next one first; None of them at the beginning, when it is all."""

    turns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """The next page of one server, whose cursor is the id before which it begins; `local_only` where it shows strangers
    only what its own accounts post."""

    host: str
    position: cursors.Position = field(default_factory=cursors.Position)
    local_only: bool = False

    def encode(self) -> str:
        """`host`, a flag and the position, apart by spaces, of which none holds any."""
        return f"{self.host} {'local' if self.local_only else 'all'} {self.position.encode()}"

    @classmethod
    def decode(cls, text: str) -> Self:
        """Raises ValueError for any other text."""
        parts = text.split(" ")
        if len(parts) != 3 or parts[1] not in ("local", "all"):
            raise ValueError("not a cursor of this connector")
        # a search that paused before positions were kept holds the bare id
        before = parts[2] if parts[2].isdigit() else None
        position = cursors.Position(platform_cursor=before) if before else cursors.Position.decode(parts[2])
        return cls(parts[0], position, parts[1] == "local")


def read_turns(cursor: str | None, hosts: Iterable[str]) -> deque[Turn]:
    """The turns of a cursor, of the servers that are still read; for None one of each. ValueError for a foreign one."""
    known = tuple(hosts)
    if cursor is None:
        return deque(Turn(host) for host in known)
    turns = [Turn.decode(text) for text in HashtagPosition.decode(cursor).turns]
    if not turns:
        raise ValueError("not a cursor of this connector")
    return deque(turn for turn in turns if turn.host in known)


def write_turns(turns: Iterable[Turn]) -> str | None:
    """The cursor of what is left; None when nothing is."""
    left = tuple(turn.encode() for turn in turns)
    return HashtagPosition(turns=left).encode() if left else None
