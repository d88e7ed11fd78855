"""Claims about evidence: purposes, referrers, addresses, pseudonyms."""

import ipaddress

import pytest

from services.attribution.hits.evidence import (
    address_of,
    is_ahead_of_the_visitor,
    neighbourhood,
    purpose_of,
    referrer_host_of,
    visitor_of,
)

PROXIES = [ipaddress.ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("headers", "ahead"),
    [
        ({b"sec-purpose": b"prefetch;prerender"}, True),
        ({b"sec-purpose": b"Prefetch"}, True),
        ({b"purpose": b"prefetch"}, True),
        ({b"x-moz": b"prefetch"}, True),
        ({b"x-purpose": b"preview"}, True),
        ({b"sec-purpose": b"something-new"}, False),
        ({}, False),
    ],
)
def test_only_a_stated_purpose_is_ahead_of_the_visitor(headers: dict[bytes, bytes], ahead: bool) -> None:
    assert is_ahead_of_the_visitor(purpose_of(headers)) is ahead


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        (b"https://bsky.app/profile/ana?secret=1", "bsky.app"),
        (b"https://user:pass@Example.COM:8443/x", "example.com:8443"),
        (b"android-app://com.example.app/", "com.example.app"),
        (b"nonsense", None),
        (b"", None),
    ],
)
def test_of_the_referrer_only_the_host_is_kept(referrer: bytes, host: str | None) -> None:
    assert referrer_host_of({b"referer": referrer}) == host


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", b"198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", b"198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", b"6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", b"", "10.0.0.1"),
    ],
)
def test_forwarded_addresses_count_only_from_a_trusted_proxy(peer: str, forwarded: bytes, address: str) -> None:
    assert address_of(peer, [(b"x-forwarded-for", forwarded)], PROXIES) == address


def test_an_ipv6_visitor_is_known_by_its_network() -> None:
    assert neighbourhood("2001:db8:1:2:3:4:5:6") == neighbourhood("2001:db8:1:2::9") == "2001:db8:1:2::"
    assert neighbourhood("::ffff:203.0.113.9") == "203.0.113.9"


def test_a_pseudonym_changes_with_salt_workspace_address_and_browser() -> None:
    base = (b"s" * 32, b"w" * 16, "203.0.113.9", b"agent")
    others = [
        (b"t" * 32, *base[1:]),
        (base[0], b"v" * 16, *base[2:]),
        (*base[:2], "203.0.113.8", base[3]),
        (*base[:3], b"x"),
    ]
    assert len({visitor_of(*given) for given in [base, *others]}) == 5
    assert visitor_of(*base) == visitor_of(*base)
