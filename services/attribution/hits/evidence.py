"""What a request to a link tells, pure: purpose headers, the site it came from, the visitor's pseudonym."""

import hashlib
import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache

Headers = dict[bytes, bytes]

MAX_USER_AGENT = 1_000
MAX_PURPOSE = 200
MAX_HOST = 255
VISITOR_BYTES = 16
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Chrome's and the standard's; Chrome's and Edge's old one; Firefox's old one; Safari's old one.
_PURPOSE_HEADERS = (b"sec-purpose", b"purpose", b"x-moz", b"x-purpose")
_COOKIE = re.compile(rb"[0-9a-f]{32}")
_AHEAD = ("prefetch", "prerender", "preview")


def purpose_of(headers: Headers) -> str | None:
    """The purpose that the browser stated, as `header: value`; None for a person's navigation."""
    for name in _PURPOSE_HEADERS:
        value = headers.get(name)
        if value:
            return text_of(name + b": " + value, MAX_PURPOSE)
    return None


def is_ahead_of_the_visitor(purpose: str | None) -> bool:
    """Whether the browser fetches before anybody acted: prefetch, prerender and the legacy forms of both."""
    if purpose is None:
        return False
    return purpose.partition(":")[2].strip().lower().startswith(_AHEAD)


def referrer_host_of(headers: Headers) -> str | None:
    """The host of the page that the visitor came from; the rest of its address is not kept."""
    value = headers.get(b"referer")
    return _host_of(value[: MAX_HOST + 16]) if value else None


@lru_cache(maxsize=4_096)
def _host_of(value: bytes) -> str | None:
    parts = value.split(b"/", 3)
    if len(parts) < 3 or not parts[0].endswith(b":"):
        return None
    return text_of(parts[2].rpartition(b"@")[2].lower(), MAX_HOST) or None


def text_of(raw: bytes, limit: int) -> str:
    """A header's bytes as text that PostgreSQL takes: at most `limit` characters, no U+0000."""
    return raw.decode("latin-1")[:limit].replace("\x00", "")


def visitor_of(salt: bytes, workspace: bytes, address: str, user_agent: bytes) -> bytes:
    """The visitor's pseudonym for one day and one workspace: a keyed hash (BLAKE2b) of address and user agent.

    Whoever has no salt cannot tell the address, and without yesterday's salt no two days can be joined.
    """
    return hashlib.blake2b(
        neighbourhood(address).encode() + b"\n" + user_agent, digest_size=VISITOR_BYTES, key=salt, person=workspace
    ).digest()


def visitor_by_cookie(salt: bytes, workspace: bytes, cookie: bytes) -> bytes:
    """The same of a cookie's value, for a workspace that gives cookies."""
    return hashlib.blake2b(b"cookie\n" + cookie, digest_size=VISITOR_BYTES, key=salt, person=workspace).digest()


def cookie_name(workspace: bytes) -> bytes:
    """Each workspace has a name of its own, so that none meets the visitors of another under one host."""
    return b"gs_" + hashlib.blake2b(workspace, digest_size=8, person=b"visitor cookie").hexdigest().encode()


def cookie_of(headers: Headers, name: bytes) -> bytes | None:
    """The value of our cookie as this browser sends it; None where there is none, or one that we never gave."""
    for part in headers.get(b"cookie", b"").split(b";"):
        found, _, value = part.strip().partition(b"=")
        if found == name and _COOKIE.fullmatch(value):
            return value
    return None


@lru_cache(maxsize=65_536)
def neighbourhood(address: str) -> str:
    """The address; of IPv6 the /64, since a visitor's device changes the rest all the time (RFC 8981)."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(parsed) >> 64 << 64))


def address_of(peer: str, headers: Sequence[tuple[bytes, bytes]], proxies: Sequence[Network]) -> str:
    """The visitor's address. Forwarded headers count only from a trusted proxy, and only its own addition does."""
    if not _is_trusted(peer, proxies):
        return peer
    joined = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
    forwarded = [part.strip() for part in joined.split(",") if part.strip()]
    while forwarded and _is_trusted(peer, proxies):
        peer = forwarded.pop()
    return peer


def _is_trusted(text: str, proxies: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in proxies)
