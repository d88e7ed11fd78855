"""Taking an account's names out of what other people wrote: `@ana` becomes `@[erased]`.

Every pattern is read alike by Python's `re` and by PostgreSQL's regular expressions, with case ignored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

ERASED = "[erased]"
_SHORTEST_ID = 6
"""An identifier below this length is anybody's number: it is taken out of an account's own rows only."""
_BEFORE = r"(?<![0-9A-Za-z_@])"
_AFTER = r"(?![0-9A-Za-z_]|[.-][0-9A-Za-z_])"


@dataclass(frozen=True)
class Names:
    """The names of one account: every handle that it had, and its identifier on the platform."""

    handles: Sequence[str]
    platform_id: str

    @cached_property
    def needles(self) -> list[str]:
        """Texts without any of these hold no name."""
        return list(dict.fromkeys([*self._handles, *self._distinct]))

    @cached_property
    def _handles(self) -> list[str]:
        plain = (handle.strip().removeprefix("@") for handle in self.handles)
        return sorted({handle for handle in plain if handle}, key=lambda one: (-len(one), one))

    @cached_property
    def _distinct(self) -> list[str]:
        """Names that are no word of any language: they go wherever they stand."""
        ids = [self.platform_id] if len(self.platform_id) >= _SHORTEST_ID else []
        return [*(one for one in self._handles if not one.isalpha()), *ids]

    @cached_property
    def replacements(self) -> list[tuple[str, str]]:
        """Pattern and what stands in its place, in the order in which they are used."""
        found: list[tuple[str, str]] = []
        for handle in self._handles:
            name = re.escape(handle)
            found += [
                (f"{_BEFORE}@{name}{_AFTER}", f"@{ERASED}"),
                (f"/@?{name}{_AFTER}", f"/{ERASED}"),
                (f'(handle": ?)"@?{name}"', rf'\1"{ERASED}"'),
            ]
        found += [(f"{_BEFORE}{re.escape(name)}{_AFTER}", ERASED) for name in self._distinct]
        return found

    def are_in(self, text: str) -> bool:
        """Whether `without` would change the text."""
        low = text.lower()
        return any(needle.lower() in low for needle in self.needles) and self.without(text) != text

    def without(self, text: str) -> str:
        """The text with every name taken out."""
        for pattern, instead in self.replacements:
            text = re.sub(pattern, instead, text, flags=re.IGNORECASE)
        return text
