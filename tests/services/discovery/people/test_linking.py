"""Which accounts are taken for one human, and which are not, from what their profiles say."""

from uuid import UUID

import pytest

from services.discovery.people.linking import (
    CONFIDENCE,
    MOST_ACCOUNTS,
    Evidence,
    Kind,
    Link,
    Profile,
    address,
    evidence,
    grouped,
    pair_of,
)


def number(value: int) -> UUID:
    return UUID(int=value)


def instagram(value: int, handle: str, *links: str, website: str | None = None) -> Profile:
    url = f"https://www.instagram.com/{handle}/"
    return Profile(number(value), "instagram", f"ig-{value}", handle, url, website, tuple(map(Link, links)))


def mastodon(value: int, handle: str, *links: Link) -> Profile:
    name, _, server = handle.partition("@")
    return Profile(number(value), "mastodon", f"https://{server}/users/{name}", handle, f"https://{server}/@{name}",
                   None, links)  # fmt: skip


def tie(one: int, other: int, kind: Kind = Kind.MUTUAL) -> Evidence:
    return Evidence(pair_of(number(one), number(other)), kind, ("first", "second"))


def groups(found: list[list[object]]) -> list[list[int]]:
    return [[member.id.int for member in group] for group in found]  # type: ignore[attr-defined]  # members


def test_profiles_that_link_to_each_other_are_one() -> None:
    bluesky = Profile(
        number(2), "bluesky", "did:plc:abc", "ana.bsky.social", "https://bsky.app/profile/did:plc:abc",
        links=(Link("https://instagram.com/Ana?utm_source=bsky"),),
    )  # fmt: skip
    [found] = evidence([instagram(1, "ana", website="https://bsky.app/profile/ana.bsky.social"), bluesky])
    assert (found.pair, found.kind, found.confidence) == ((number(1), number(2)), Kind.MUTUAL, 0.8)
    assert found.reason_of(number(1)) == "links to the account on bluesky, which links back"
    assert found.reason_of(number(2)) == "links to the account on instagram, which links back"


def test_one_way_is_not_enough_unless_the_platform_verified_it() -> None:
    site = Profile(number(2), "blogs", "https://ana.example/feed.xml", None, "https://www.ana.example/")
    assert evidence([mastodon(1, "ana@fell.example", Link("https://ana.example")), site]) == []
    [found] = evidence([mastodon(1, "ana@fell.example", Link("https://ana.example", verified=True)), site])
    assert (found.kind, found.confidence) == (Kind.VERIFIED, 0.95)
    assert "mastodon verified that it links back" in found.reason_of(number(1))


def test_a_verified_link_counts_for_more_than_mutual_ones() -> None:
    ana = mastodon(1, "ana@fell.example", Link("https://instagram.com/ana", verified=True))
    [found] = evidence([ana, instagram(2, "ana", "https://fell.example/@ana")])
    assert found.kind is Kind.VERIFIED


def test_the_same_handle_needs_the_same_site() -> None:
    tiktok = Profile(number(2), "tiktok", "7", "Ana", "https://www.tiktok.com/@ana", "http://ana.example")
    [found] = evidence([instagram(1, "ana", "https://www.ana.example/"), tiktok])
    assert (found.kind, found.confidence) == (Kind.SAME_SITE, 0.6)
    assert "both name the site ana.example" in found.reason_of(number(1))
    assert evidence([instagram(1, "ana", "https://other.example"), tiktok]) == []
    assert evidence([instagram(1, "anna", "https://ana.example"), tiktok]) == []


def test_the_servers_of_the_fediverse_are_places_of_their_own() -> None:
    one = mastodon(1, "ana@fell.example", Link("https://trail.example/@ana"))
    other = mastodon(2, "ana@trail.example", Link("https://fell.example/@ana"))
    assert [found.kind for found in evidence([one, other])] == [Kind.MUTUAL]
    friend = mastodon(3, "ben@fell.example", Link("https://fell.example/@ana"))
    assert evidence([mastodon(1, "ana@fell.example", Link("https://fell.example/@ben")), friend]) == []


def test_accounts_of_one_platform_are_two_people() -> None:
    both = [instagram(1, "ana", "https://instagram.com/ben"), instagram(2, "ben", "https://instagram.com/ana")]
    assert evidence(both) == []


@pytest.mark.parametrize("url", ["not an address", "http://[::1", "javascript:alert(1)", "mailto:a@b.example", ""])
def test_what_is_no_address_means_nobody(url: str) -> None:
    assert address(url) is None
    assert evidence([instagram(1, "ana", url, website=url), mastodon(2, "ana@fell.example", Link(url, True))]) == []


def test_evidence_joins_by_way_of_others_and_each_has_its_strongest_reason() -> None:
    found = grouped([tie(1, 2, Kind.SAME_SITE), tie(2, 3, Kind.VERIFIED)])
    assert groups(found) == [[1, 2, 3]]  # type: ignore[arg-type]  # lists of members
    assert [member.confidence for member in found[0]] == [0.6, 0.95, 0.95]


def test_a_cut_holds_by_way_of_others_too() -> None:
    ties = [tie(1, 2, Kind.VERIFIED), tie(2, 3), tie(1, 3, Kind.SAME_SITE)]
    assert groups(grouped(ties, cuts=[(number(3), number(1))])) == [[1, 2]]  # type: ignore[arg-type]  # as above


def test_two_confirmed_groups_are_never_joined_and_keep_their_accounts() -> None:
    confirmed = [[number(1), number(2)], [number(3), number(4)]]
    found = grouped([tie(2, 3, Kind.VERIFIED), tie(4, 5)], confirmed=confirmed)
    assert groups(found) == [[1, 2], [3, 4, 5]]  # type: ignore[arg-type]  # as above


def test_the_order_of_the_evidence_changes_nothing() -> None:
    ties = [tie(1, 2), tie(2, 3), tie(3, 4), tie(5, 6, Kind.SAME_SITE), tie(6, 1, Kind.VERIFIED)]
    cuts = [(number(1), number(4)), (number(2), number(6))]
    assert grouped(ties, cuts=cuts) == grouped(ties[::-1], cuts=cuts)


def test_a_large_circle_is_not_one_human() -> None:
    ring = [tie(one, one + 1) for one in range(1, 40)]
    assert max(len(group) for group in grouped(ring)) <= MOST_ACCOUNTS


def test_confidence_falls_with_the_kind_of_evidence() -> None:
    assert CONFIDENCE[Kind.VERIFIED] > CONFIDENCE[Kind.MUTUAL] > CONFIDENCE[Kind.SAME_SITE] > 0
