"""Connectors that are described and not called."""

from collections.abc import Mapping
from typing import ClassVar

import httpx
import pytest

from services.discovery.connector import AuthenticationNeeded, NotPermitted, QuotaRule, Unsupported, offer
from services.discovery.declared import DeclaredConnector, not_offered
from shared.schemas.platforms import Capability, Support


class _Some(DeclaredConnector):
    name: ClassVar[str] = "Some"
    required: ClassVar[tuple[str, ...]] = ("an approval",)
    refusal: ClassVar[str] = "needs an approval"
    published: ClassVar[tuple[QuotaRule, ...]] = ()
    by_token: ClassVar[Mapping[str, str]] = {"posts": "needs a login"}
    offers: ClassVar[tuple[Capability, ...]] = (
        offer("hashtag_search", Support.YES, "GET /search", "10 a day"),
        offer("posts", Support.PARTIAL, "GET /posts", "10 a day", "own ones"),
        *not_offered("quotes"),
    )


def _connector() -> _Some:
    return _Some.create(httpx.AsyncClient(), {})


async def test_each_refusal_says_what_it_is_for_want_of() -> None:
    with pytest.raises(NotPermitted, match="needs an approval"):
        await _connector().hashtag_posts("trail")
    with pytest.raises(AuthenticationNeeded, match="needs a login; own ones"):
        await _connector().posts(["1"])
    with pytest.raises(Unsupported):
        await _connector().quotes("1")
    with pytest.raises(Unsupported):
        await _connector().followers("1")
    with pytest.raises(Unsupported):
        _connector().live(["trail"])


def test_what_is_offered_is_told_beside_why_it_is_not_to_be_had() -> None:
    search, posts, quotes = _connector().capabilities()
    assert (search.support, search.endpoint, search.quota) == (Support.NEEDS_APPROVAL, "GET /search", "10 a day")
    assert (posts.support, quotes.support) == (Support.NEEDS_USER_TOKEN, Support.NO)
    assert _connector().needs() == ("an approval",)
