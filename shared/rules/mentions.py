"""Mentions of accounts in a text, by each platform's spelling. An e-mail address is never one.

Sources: the platforms' documented handle and mention rules. Entities that a platform marks itself go before these.
"""

import re

# Not after a letter, digit or anything that makes it a part of an address, a path or another handle.
_BEFORE = r"(?<![\w@.+/\-])"
_AFTER = r"(?![\w@])"
_DOMAIN = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62})\.)+[a-zA-Z][a-zA-Z0-9-]{0,62}"
_PATTERNS = {
    "bluesky": re.compile(rf"(?:(?<=^)|(?<=[\s(]))@({_DOMAIN}){_AFTER}"),
    "mastodon": re.compile(rf"{_BEFORE}@([a-zA-Z0-9_](?:[a-zA-Z0-9_.-]{{0,62}}[a-zA-Z0-9_])?(?:@{_DOMAIN})?){_AFTER}"),
    "youtube": re.compile(rf"{_BEFORE}@([\w.·-]{{3,30}}){_AFTER}"),
    "instagram": re.compile(rf"{_BEFORE}@([A-Za-z0-9._]{{1,30}}){_AFTER}"),
    "tiktok": re.compile(rf"{_BEFORE}@([A-Za-z0-9._]{{2,24}}){_AFTER}"),
    "x": re.compile(rf"{_BEFORE}@([A-Za-z0-9_]{{1,15}}){_AFTER}(?!\.\w)"),
    "reddit": re.compile(r"(?<![\w/])/?u/([A-Za-z0-9_-]{3,20})(?![\w-])"),
}
_PATTERNS["threads"] = _PATTERNS["instagram"]
_FEDIVERSE = ("pixelfed", "gotosocial")
_OTHER = re.compile(rf"{_BEFORE}@([\w.-]{{1,64}}){_AFTER}")


def mentions(text: str, *, platform: str) -> tuple[str, ...]:
    """Handles that the text mentions, without sign and in lower case, each once, in order of appearance."""
    pattern = _PATTERNS["mastodon"] if platform in _FEDIVERSE else _PATTERNS.get(platform, _OTHER)
    found = (match.group(1).rstrip(".-").lower() for match in pattern.finditer(text))
    return tuple(dict.fromkeys(handle for handle in found if handle.strip("._-")))
