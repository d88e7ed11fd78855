"""Taking an account's names out of what other people wrote: `@ana` becomes `@[erased]`.

Every pattern is read alike by Python's `re` and by PostgreSQL's regular expressions, with case ignored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

ERASED = "[erased]"
_SHORTEST_ID = 6
"""A number below this length is anybody's: an identifier is then taken out of an account's own rows only, a handle
where it stands as one."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_OF_NUMBER = re.compile(r"-?[0-9][-+.0-9eE]*")
"""What may stand in a number of a JSON document, as the whole or as a part."""
_IN_STRING = r"""(?=(?:[^"\\]|\\.)*"(?:(?:[^"\\]|\\.)*"(?:[^"\\]|\\.)*")*(?:[^"\\]|\\.)*$)"""
"""In JSON: what stands here is within a string, since an odd number of quotes follows."""
_BEFORE = r"(?<![0-9A-Za-z_@])"
_BEFORE_IN_JSON = r"(?:(?<![0-9A-Za-z_@])|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4}))"
"""In JSON a line break is two characters, and the second one is a letter."""
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
        return [*(one for one in self._handles if not one.isalpha() and not _is_any_number(one)), *ids]

    @cached_property
    def replacements(self) -> list[tuple[str, str]]:
        """Pattern and what stands in its place, in the order in which they are used on plain text."""
        words = [(f"{_BEFORE}{re.escape(name)}{_AFTER}", ERASED) for name in self._distinct]
        return self._as_handles(_BEFORE) + words

    @cached_property
    def json_replacements(self) -> list[tuple[str, str]]:
        """The same for the text of a JSON document: a count that happens to equal a name of digits stays a count."""
        words = [
            (f"{_BEFORE_IN_JSON}{re.escape(name)}{_AFTER}{_IN_STRING if _OF_NUMBER.fullmatch(name) else ''}", ERASED)
            for name in self._distinct
        ]
        return self._as_handles(_BEFORE_IN_JSON) + words

    def _as_handles(self, before: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for handle in self._handles:
            name = re.escape(handle)
            found += [
                (f"{before}@{name}{_AFTER}", f"@{ERASED}"),
                (f"/@?{name}{_AFTER}", f"/{ERASED}"),
                (f'(handle": ?)"@?{name}"', rf'\1"{ERASED}"'),
            ]
        return found

    def are_in_json(self, document: str) -> bool:
        """Whether `without_in_json` would change the document."""
        low = document.lower()
        return any(needle.lower() in low for needle in self.needles) and self.without_in_json(document) != document

    def without(self, text: str) -> str:
        """The text with every name taken out."""
        return _replaced(text, self.replacements)

    def without_in_json(self, document: str) -> str:
        """The text of a JSON document with every name taken out of its strings."""
        return _replaced(document, self.json_replacements)


def _replaced(text: str, replacements: Sequence[tuple[str, str]]) -> str:
    for pattern, instead in replacements:
        text = re.sub(pattern, instead, text, flags=re.IGNORECASE)
    return text


def _is_any_number(name: str) -> bool:
    return len(name) < _SHORTEST_ID and _NUMBER.fullmatch(name) is not None
