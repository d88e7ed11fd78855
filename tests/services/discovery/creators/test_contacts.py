"""Contact routes that creators published themselves."""

from datetime import UTC, datetime

import pytest

from services.discovery.creators.contacts import contactable_by, routes_of
from shared.schemas.creators import Contactable

SEEN = datetime(2026, 11, 1, tzinfo=UTC)


def routes(bio: str | None = None, website: str | None = None, *links: str) -> list[tuple[str, str]]:
    found = routes_of(
        bio=bio, website=website, links=[{"url": one} for one in links], source="instagram",
        url="https://instagram.com/ana", observed_at=SEEN,
    )  # fmt: skip
    assert all(
        (one.source, str(one.source_url), one.observed_at) == ("instagram: profile", "https://instagram.com/ana", SEEN)
        for one in found
    )
    return [(str(one.kind), one.value) for one in found]


@pytest.mark.parametrize(
    ("bio", "expected"),
    [
        ("Runs. Work: ana@example.com.", [("email", "ana@example.com")]),
        ("ana (at) example (dot) com", [("email", "ana@example.com")]),
        ("DMs are open", [("dm", "by message on the platform, as the profile says")]),
        ("Find me @ana@mastodon.example", []), ("DMs closed, DM me for nothing", []), (None, []), ("@ana", []),
    ],
)  # fmt: skip
def test_a_profile_text_is_read_as_people_write_it(bio: str | None, expected: list[tuple[str, str]]) -> None:
    assert routes(bio) == expected


def test_links_are_routes_too_and_each_comes_once() -> None:
    found = routes(
        "a@b.example", "https://ana.example", "https://ana.example", "mailto:a@b.example?subject=x", "tel:+44"
    )
    assert found == [("email", "a@b.example"), ("phone", "+44"), ("website", "https://ana.example")]


@pytest.mark.parametrize(
    ("bio", "takes_messages", "way"),
    [
        ("Runs", True, Contactable.DM_ONLY),
        ("No DMs", True, Contactable.DM_ONLY),
        ("DMs are open", False, Contactable.UNKNOWN),
        ("DMs are open", None, Contactable.DM_ONLY),
        ("ana@example.com", True, Contactable.YES),
        ("Runs", None, Contactable.UNKNOWN),
    ],
)
def test_what_the_platform_says_of_messages_counts_more_than_the_text(
    bio: str, takes_messages: bool | None, way: Contactable
) -> None:
    found = routes_of(
        bio=bio, website=None, links=None, source="bluesky", url=None, observed_at=SEEN, takes_messages=takes_messages
    )
    assert contactable_by(found) is way


def test_messages_alone_are_dm_only_and_nothing_is_unknown() -> None:
    def way(bio: str | None, website: str | None = None) -> Contactable:
        return contactable_by(routes_of(bio=bio, website=website, links=None, source="x", url=None, observed_at=SEEN))

    assert way("DM me for work") is Contactable.DM_ONLY
    assert way("DM me for work", "https://ana.example") is Contactable.YES
    assert way("runs") is Contactable.UNKNOWN
