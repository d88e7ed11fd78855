"""The simulated platform answers as the lexicon says, in pages, and counts its quota itself."""

import httpx
import pytest

from services.discovery.connector import RateLimited
from services.discovery.connectors.bluesky import BlueskyConnector
from tests.benchmarks.discovery.appview import FEED, PROFILES, SEARCH, THREAD, Appview, did
from tests.services.discovery.connectors.bluesky_answers import checked
from tests.services.discovery.searches.platform_runs import small_network


def test_every_answer_is_valid_by_the_lexicon() -> None:
    network = small_network(1)
    appview = Appview(network, seed=1)
    tag = network.tag_names[network.niche_tags[0][0]]
    path = "/xrpc/{}".format
    _, _, posts = appview.answer("GET", path(SEARCH), [("hashtags", tag), ("limit", "100")], {})
    first = max(posts["posts"], key=lambda post: post["replyCount"])
    _, _, thread = appview.answer("GET", path(THREAD), [("uri", first["uri"])], {})
    _, _, feed = appview.answer("GET", path(FEED), [("actor", first["author"]["did"])], {})
    _, _, profiles = appview.answer("GET", path(PROFILES), [("actors", did(0)), ("actors", did(1))], {})
    for name, answer in ((SEARCH, posts), (THREAD, thread), (FEED, feed), (PROFILES, profiles)):
        assert checked(name, answer) == answer
    assert len(thread["thread"]["replies"]) == first["replyCount"] > 0


async def test_it_refuses_what_is_beyond_its_quota() -> None:
    appview = Appview(small_network(1), seed=1, limit=2)
    async with httpx.AsyncClient(transport=httpx.MockTransport(appview.handle)) as client:
        connector = BlueskyConnector.create(client, {"appview_url": "http://appview.example"})
        for _ in range(2):
            await connector.profiles([did(0)])
        with pytest.raises(RateLimited):
            await connector.profiles([did(0)])
    assert (appview.quotas["egress"].most, appview.quotas["egress"].refused) == (2, 1)
