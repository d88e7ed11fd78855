"""Where a paged reading of Bluesky stands, as an opaque text that holds across processes."""

import base64
import json
from dataclasses import asdict, dataclass, replace
from typing import Self

EMPTY_PAGES_IN_A_ROW = 2
"""After so many pages without any item the platform's further cursors are no longer followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`platform_cursor` is the platform's own, None at the beginning; `empty_pages` counts those in a row until here.

    For hashtag searches: the `version` of the search call, which `spelling` is asked, and whether the answers so far
    show that the server `folds_case`, so that other spellings would bring the same posts.
    """

    platform_cursor: str | None = None
    empty_pages: int = 0
    version: int = 1
    spelling: int = 0
    folds_case: bool = False

    def encode(self) -> str:
        """The position as text of the characters A-Z a-z 0-9 - and _."""
        changed = {name: value for name, value in asdict(self).items() if value != getattr(START, name)}
        return base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, cursor: str | None) -> Self:
        """The position that a text stands for, the beginning for None. Raises ValueError for any other text."""
        if cursor is None:
            return cls()
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            position = cls(**json.loads(base64.urlsafe_b64decode(padded.encode("ascii"))))
        except (ValueError, TypeError) as error:
            raise ValueError("not a cursor of this connector") from error
        for name, value in asdict(START).items():
            found = getattr(position, name)
            if type(found) is not type(value) and not (value is None and isinstance(found, str)):
                raise ValueError("not a cursor of this connector")
        return position

    def after(self, platform_cursor: str | None, *, items: int) -> tuple[Self | None, str | None]:
        """The position behind a page with so many items, None at the end, and a warning about the platform's cursor."""
        if not platform_cursor:
            return None, None
        if platform_cursor == self.platform_cursor:
            return None, "the platform repeated its cursor; reading stopped there"
        empty_pages = 0 if items else self.empty_pages + 1
        if empty_pages > EMPTY_PAGES_IN_A_ROW:
            return None, f"{empty_pages} pages in a row were empty; reading stopped there"
        return replace(self, platform_cursor=platform_cursor, empty_pages=empty_pages), None


START = Position()
