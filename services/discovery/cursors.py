"""Where a paged reading of a platform stands, as an opaque text that holds across processes."""

import base64
import hashlib
import json
from dataclasses import dataclass, fields, replace
from typing import Any, Self

EMPTY_PAGES_IN_A_ROW = 2
"""After so many pages without any item the platform's further cursors are no longer followed."""

REPEATED = "the platform repeated its cursor; reading stopped there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`platform_cursor` is the platform's own, None at the beginning; `empty_pages` counts those in a row until here.

    `named` counts the cursors so far, and `remembered` is the fingerprint of one of them, by which a circle is noticed.

    A connector that must remember more makes a subclass. Fields are texts, numbers, truths or tuples of texts, and all
    have defaults: the position of the beginning.
    """

    platform_cursor: str | None = None
    empty_pages: int = 0
    named: int = 0
    remembered: str | None = None

    def encode(self) -> str:
        """The position as text of the characters A-Z a-z 0-9 - and _."""
        start = type(self)()
        changed = {
            field.name: value
            for field in fields(self)
            if (value := getattr(self, field.name)) != getattr(start, field.name)
        }
        return base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, cursor: str | None) -> Self:
        """The position that a text stands for, the beginning for None. Raises ValueError for any other text."""
        if cursor is None:
            return cls()
        start = cls()
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            given = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
            return cls(**{name: _checked(value, getattr(start, name)) for name, value in given.items()})
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError("not a cursor of this connector") from error

    def after(self, platform_cursor: str | None, *, items: int) -> tuple[Self | None, str | None]:
        """The position behind a page with so many items, None at the end, and a warning about the platform's cursor."""
        if not platform_cursor:
            return None, None
        named, mark = self.named + 1, hashlib.sha256(platform_cursor.encode()).hexdigest()[:16]
        if platform_cursor == self.platform_cursor or mark == self.remembered:
            return None, REPEATED
        empty_pages = 0 if items else self.empty_pages + 1
        if empty_pages > EMPTY_PAGES_IN_A_ROW:
            return None, f"{empty_pages} pages in a row were empty; reading stopped there"
        # one is remembered at each power of two, and not all of them: a circle is noticed before it was gone through
        # three times (Brent 1980, BIT 20, 176-184)
        remembered = mark if named & (named - 1) == 0 else self.remembered
        after = replace(
            self, platform_cursor=platform_cursor, empty_pages=empty_pages, named=named, remembered=remembered
        )
        return after, None


def _checked(value: Any, default: Any) -> Any:  # noqa: ANN401  # it is of the default's type, or refused
    if isinstance(default, tuple) and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if type(value) is not type(default) and not (default is None and isinstance(value, str)):
        raise ValueError("a field of another type")
    return value
