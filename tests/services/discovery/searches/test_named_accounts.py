"""Accounts that a brief names, as the platforms of a search are asked about them."""

import httpx
import pytest

from services.discovery.searches.references import parse
from services.discovery.searches.sources import accounts_at, connectors

NOBODY = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(404)))
DID = "did:plc:vzlkorablpyffwmgzwttv4dl"


@pytest.mark.parametrize(
    ("platform", "text", "account"),
    [
        ("mastodon", "@Alice@own.example", "alice@own.example"),
        ("mastodon", "mastodon:alice@own.example", "alice@own.example"),
        ("mastodon", "mastodon:@alice@own.example", "alice@own.example"),
        ("mastodon", "https://own.example/@alice", "alice@own.example"),
        ("youtube", "@Alice.Runs", "@alice.runs"),
        ("youtube", "youtube:alice.runs", "@alice.runs"),
        ("youtube", "youtube:@alice.runs", "@alice.runs"),
        ("youtube", "alice.runs", None),  # a word is no handle unless somebody says so
        ("bluesky", "bluesky:alice.example.com", "alice.example.com"),
        ("bluesky", f"bluesky:{DID}", DID),
        ("bluesky", DID, DID),
        ("bluesky", "@alice.example.com", "alice.example.com"),
        ("bluesky", "youtube:alice.example.com", None),
        ("blogs", "https://blog.example.com/feed/", "https://blog.example.com/feed"),
        ("blogs", "blogs:https://blog.example.com/feed/", "https://blog.example.com/feed"),
    ],
)
def test_a_brief_names_an_account_as_people_write_it(platform: str, text: str, account: str | None) -> None:
    connector = connectors()[platform].create(NOBODY, {})
    assert accounts_at(connector, [parse(text), parse(text)]) == ([account] if account else [])
