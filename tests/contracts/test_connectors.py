"""What every connector keeps, whatever its platform: runs over each file of services/discovery/connectors."""

import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest

from services.discovery.connector import Connector, ConnectorError
from services.discovery.ratelimits import LONGEST_WAIT
from services.discovery.resets import Budget, RollingKeys, Use
from shared.kit.plugins import load_classes
from shared.schemas.platforms import Support

CONNECTORS = load_classes("services.discovery.connectors", Connector)  # type: ignore[type-abstract]  # a kind is abstract

# The capability that each method needs, and a call of it with arguments that any platform takes as text.
CALLS: dict[str, Callable[[Connector], Awaitable[object]]] = {
    "hashtag_search": lambda connector: connector.hashtag_posts("trailrunning"),
    "comments_with_authors": lambda connector: connector.post_comments(connector.example_post),
    "profile_followers_count": lambda connector: connector.profiles([connector.example_account]),
    "author_feed_with_counts": lambda connector: connector.author_posts(connector.example_account),
    "posts": lambda connector: connector.posts([connector.example_post]),
    "mentions": lambda connector: connector.mentions(connector.example_account, "someone.example.com"),
    "quotes": lambda connector: connector.quotes(connector.example_post),
    "likers_reposters_quotes": lambda connector: connector.reactors(connector.example_post),
    "followers_list": lambda connector: connector.followers(connector.example_account),
}
NOT_OFFERED = (Support.NO, Support.NEEDS_APPROVAL, Support.NEEDS_USER_TOKEN)


class Silent:
    """A platform that never answers and counts who asked."""

    def __init__(self) -> None:
        self.asked = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        raise httpx.ConnectError("nobody there", request=request)

    def connector(self, kind: type[Connector]) -> Connector:
        return kind.create(httpx.AsyncClient(transport=httpx.MockTransport(self.handle)), {})


@pytest.fixture(params=sorted(CONNECTORS))
def kind(request: pytest.FixtureRequest) -> type[Connector]:
    return CONNECTORS[request.param]


def test_the_key_is_the_name_of_the_file(kind: type[Connector]) -> None:
    assert CONNECTORS[kind.platform] is kind
    assert kind.name


def test_a_connector_needs_no_option_and_names_each_it_takes(kind: type[Connector]) -> None:
    connector = Silent().connector(kind)
    assert isinstance(connector, kind)
    assert all(name.isidentifier() and meaning for name, meaning in kind.options.items())


def test_every_method_has_one_capability_row_and_what_is_short_of_yes_has_its_reason(kind: type[Connector]) -> None:
    rows = Silent().connector(kind).capabilities()
    names = [row.name for row in rows]
    assert len(names) == len(set(names))
    assert set(CALLS) <= set(names)
    assert all(row.reason for row in rows if row.support is not Support.YES)
    assert all(row.endpoint for row in rows if row.support in (Support.YES, Support.PARTIAL))


def test_quotas_are_positive_and_say_what_they_count(kind: type[Connector]) -> None:
    for rule in Silent().connector(kind).quotas():
        assert rule.bucket
        assert rule.unit
        assert rule.limit is None or rule.limit > 0


def test_a_spent_quota_is_free_again_when_its_own_rule_says_so_and_not_a_moment_before(kind: type[Connector]) -> None:
    now, moment = datetime(2026, 11, 22, 9, 0, tzinfo=UTC), timedelta(microseconds=1)
    for rule in Silent().connector(kind).quotas():
        if rule.limit is None:
            continue
        many = rule.limit if isinstance(rule.reset, RollingKeys) else 1
        uses = [Use(at=now, units=rule.limit // many, key=f"key {number}") for number in range(many)]
        again = partial(rule.reset.free_at, uses, limit=rule.limit, key="another")
        free = again(now=now)
        if isinstance(rule.reset, Budget):  # money does not come back
            assert free is None
            continue
        assert free is not None
        assert now < free <= now + LONGEST_WAIT
        assert again(now=free - moment) == free
        assert again(now=free) == free


@pytest.mark.parametrize("capability", sorted(CALLS))
async def test_what_a_platform_cannot_do_is_a_typed_error_without_a_call(
    kind: type[Connector], capability: str
) -> None:
    silent = Silent()
    connector = silent.connector(kind)
    with pytest.raises(ConnectorError) as caught:
        await CALLS[capability](connector)
    assert caught.value.platform == kind.platform
    if connector.capability(capability).support in NOT_OFFERED:
        assert silent.asked == 0
    else:
        assert silent.asked == 1


def test_a_live_stream_that_is_not_offered_is_refused_at_once(kind: type[Connector]) -> None:
    connector = Silent().connector(kind)
    if connector.capability("hashtag_stream").support in NOT_OFFERED:
        with pytest.raises(ConnectorError):
            connector.live(["trailrunning"])


def test_what_is_to_be_had_is_never_more_than_what_the_platform_offers(kind: type[Connector]) -> None:
    for offered, row in zip(kind.offers, Silent().connector(kind).capabilities(), strict=True):
        assert (row.name, row.endpoint, row.quota) == (offered.name, offered.endpoint, offered.quota)
        assert row.support is offered.support or row.support in NOT_OFFERED
        assert offered.support is not Support.NO or row.support is Support.NO


def test_a_connector_answers_with_the_signatures_of_the_protocol(kind: type[Connector]) -> None:
    for name, method in inspect.getmembers(Connector, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(kind, name)) == inspect.signature(method), name
