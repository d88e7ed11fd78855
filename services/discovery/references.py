"""References: what a connector needs to find a post or account again at once, packed beside its platform id."""

import base64
import json

_PREFIX = "ref:"
LONGEST = 4_000


def pack(platform_id: str, *hints: str) -> str:
    """One text out of a platform id and the connector's hints."""
    packed = json.dumps([platform_id, *hints], separators=(",", ":")).encode()
    return _PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def unpack(text: str) -> tuple[str, tuple[str, ...]]:
    """The platform id and the hints; a plain platform id has none. Raises ValueError for a reference that is broken."""
    if not text.startswith(_PREFIX):
        return text, ()
    packed = text.removeprefix(_PREFIX)
    try:
        found = json.loads(base64.urlsafe_b64decode(packed[:LONGEST] + "=" * (-len(packed) % 4)))
    except ValueError as error:
        raise ValueError("not a reference of this connector") from error
    if not isinstance(found, list) or not found or not all(isinstance(item, str) for item in found):
        raise ValueError("not a reference of this connector")
    return found[0], tuple(found[1:])
