"""The guard of calls to URLs that users give: what such a URL may look like, and which addresses it may reach."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address

MAX_URL = 2048
MAX_ADDRESSES = 4
_PORTS = {"http": 80, "https": 443}
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<rest>[/?#].*)?", re.IGNORECASE | re.DOTALL | re.ASCII
)
_AUTHORITY = re.compile(
    r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE | re.ASCII
)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029\u3000\ufeff]")
# A last label that is a number makes the host an IPv4 address in the eyes of URL parsers (WHATWG URL, 4.5.1).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Names that never lead to the public network (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal) or by habit do not.
_PRIVATE_NAMES = (
    "localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa",
    "onion", "invalid",
)  # fmt: skip

# The IANA registries of special-purpose addresses, multicast, and an address on which a cloud answers its guests.
_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# Only global unicast is let through, which leaves out mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96), unique local,
# link-local and multicast addresses; inside it, what carries IPv4 (6to4, Teredo), protocols and documentation go.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")
)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class UrlRefused(ValueError):  # noqa: N818  # reads as what happened
    """The URL must not be called. The text is for the person who gave it and names no address."""


@dataclass(frozen=True)
class Target:
    """Where a URL leads: lower-case host without brackets, port; `allowed` when the operator let it through by name."""

    scheme: str
    host: str
    port: int
    allowed: bool


def read_allow(entries: Iterable[str]) -> frozenset[tuple[str, int]]:
    """`EGRESS_ALLOW` as (host, port) pairs. ValueError for what is no host:port."""
    pairs = set()
    for entry in entries:
        match = _AUTHORITY.fullmatch(entry.strip())
        if match is None or match["port"] is None:
            raise ValueError(f"EGRESS_ALLOW takes host:port, not {entry!r}")
        pairs.add(((match["v6"] or match["name"]).lower(), int(match["port"])))
    return frozenset(pairs)


def check_url(url: str, *, allow: frozenset[tuple[str, int]] = frozenset()) -> Target:
    """Read a URL and refuse whatever is not plainly an http(s) URL of a public host; asks no resolver.

    Odd spellings are refused instead of being understood, because the next parser may understand them otherwise.
    """
    if len(url) > MAX_URL:
        raise UrlRefused(f"the URL has more than {MAX_URL} characters")
    if _UNSEEN.search(url):
        raise UrlRefused("the URL holds spaces, control characters or backslashes")
    match = _URL.fullmatch(url)
    if match is None:
        raise UrlRefused("only http and https URLs are called")
    if "@" in match["authority"]:
        raise UrlRefused("a URL with a user name or password is not called")
    place = _AUTHORITY.fullmatch(match["authority"])
    if place is None:
        raise UrlRefused("the host is not written as a plain name or address (names of other scripts as xn--)")
    scheme = match["scheme"].lower()
    port = int(place["port"]) if place["port"] else _PORTS[scheme]
    if not 0 < port < 65536:
        raise UrlRefused("the port lies between 1 and 65535")
    host = (place["v6"] or place["name"]).lower()
    if (host, port) in allow:
        return Target(scheme, host, port, allowed=True)
    address = _literal_v6(host) if place["v6"] else _literal_v4(host)
    if address is not None:
        _check_address(address)
    else:
        _check_name(host)
    return Target(scheme, host, port, allowed=False)


def _literal_v6(host: str) -> IPv6Address:
    try:
        return IPv6Address(host)
    except ValueError:
        raise UrlRefused("the host is no IPv6 address") from None


def _literal_v4(host: str) -> IPv4Address | None:
    """The address, None for a name; refused when a parser could take it for an address in another spelling."""
    if not any(_NUMBER.fullmatch(label) for label in host.rstrip(".").split(".")[-1:]):
        return None
    try:
        return IPv4Address(host)
    except ValueError:
        raise UrlRefused("an IPv4 address is written as four decimal numbers") from None


def _check_name(host: str) -> None:
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise UrlRefused("the host is no host name")
    if len(labels) < 2 or any(host == name or host.endswith(f".{name}") for name in _PRIVATE_NAMES):
        raise UrlRefused("the host is a name of a private network")


def _check_address(address: IPv4Address | IPv6Address) -> None:
    if isinstance(address, IPv4Address):
        public = not any(address in network for network in _REFUSED_V4)
    else:
        public = (
            address in _GLOBAL_V6
            and address.scope_id is None
            and not any(address in network for network in _REFUSED_V6)
        )
    if not public:
        raise UrlRefused("the host leads to an address that is not public")


async def public_addresses(target: Target, *, resolve: Resolve) -> list[str]:
    """The addresses to connect to, resolved once. Refused when a single one of them is not public.

    Whoever connects must connect to one of these and never resolve the name again: its owner may answer otherwise the
    second time. Raises OSError when the name has no address.
    """
    found = list(dict.fromkeys(await resolve(target.host, target.port)))
    if not found:
        raise OSError("the name has no address")
    if not target.allowed:
        for text in found:
            try:
                address = ipaddress.ip_address(text)
            except ValueError:
                raise UrlRefused("the host leads to an address that is not public") from None
            _check_address(address)
    return found[:MAX_ADDRESSES]


async def system_resolve(host: str, port: int) -> list[str]:
    """Addresses of `host` by the system's resolver, in its order of preference."""
    answers = await asyncio.get_running_loop().run_in_executor(_threads(), _look_up, host, port)
    return [str(answer[4][0]) for answer in answers]


def _look_up(
    host: str, port: int
) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[object, ...]]]:
    return [*socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@cache
def _threads() -> ThreadPoolExecutor:
    # Threads of their own: a name server that does not answer holds a thread for many seconds, and the event loop's
    # few are needed for other work.
    return ThreadPoolExecutor(max_workers=64, thread_name_prefix="resolve")
