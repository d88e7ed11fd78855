"""Claims about verdicts: pure rules over stored evidence."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import crawleruseragents
import pytest

from services.attribution.hits.agents import AgentKind, agents
from services.attribution.hits.record import Outcome
from services.attribution.hits.verdicts import Clicks, Evidence, judge
from shared.schemas.hits import HitVerdict
from tests.services.attribution.hits.agents import BROWSERS, CHROME_ANDROID, IN_APPS, PREVIEWS, PROGRAMS

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LINK = UUID(int=1)


def hit(
    *, agent: str | None = CHROME_ANDROID, method: str = "GET", outcome: Outcome = Outcome.REDIRECTED,
    purpose: str | None = None, visitor: bytes | None = b"v" * 16, after_seconds: float = 0,
) -> Evidence:  # fmt: skip
    at = AT + timedelta(seconds=after_seconds)
    return Evidence(uuid4(), LINK, at, method, outcome, agent, purpose, visitor)


def verdicts(*evidence: Evidence) -> list[str]:
    clicks = Clicks()
    return [judge(one, agents=agents(), clicks=clicks).verdict for one in evidence]


@pytest.mark.parametrize("agent", BROWSERS.values(), ids=BROWSERS.keys())
def test_a_browser_is_human(agent: str) -> None:
    assert verdicts(hit(agent=agent)) == ["human"]


@pytest.mark.parametrize(("app", "agent"), IN_APPS.items())
def test_an_apps_own_browser_is_human_and_named(app: str, agent: str) -> None:
    found = judge(hit(agent=agent), agents=agents(), clicks=Clicks())
    assert (found.verdict, found.in_app) == (HitVerdict.HUMAN, app)


@pytest.mark.parametrize("agent", PREVIEWS.values(), ids=PREVIEWS.keys())
def test_a_fetcher_of_previews_is_no_click(agent: str) -> None:
    assert verdicts(hit(agent=agent)) == ["link_preview"]


@pytest.mark.parametrize("agent", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_is_a_bot(agent: str) -> None:
    assert verdicts(hit(agent=agent)) == ["bot"]


@pytest.mark.parametrize("agent", [None, "", "   "])
def test_no_user_agent_is_not_human(agent: str | None) -> None:
    assert verdicts(hit(agent=agent)) == ["bot"]


def test_every_crawler_of_the_list_is_found_as_its_own_pattern_finds_it() -> None:
    known = agents()
    missed = [
        instance
        for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA
        for instance in entry["instances"]
        if re.search(entry["pattern"], instance) and known.classify(instance).kind is AgentKind.BROWSER
    ]
    assert missed == []


def test_one_preview_and_three_heads_are_no_click() -> None:
    heads = [hit(agent=agent, method="HEAD") for agent in (CHROME_ANDROID, "", CHROME_ANDROID)]
    assert verdicts(hit(agent=PREVIEWS["x"]), *heads) == ["link_preview", "head", "head", "head"]


def test_a_thousand_servers_that_fetch_one_posted_link_are_no_click() -> None:
    fetches = [
        hit(agent=f"http.rb/5.1.1 (Mastodon/4.{n % 5}.{n}; +https://m{n}.example/)", visitor=n.to_bytes(16, "big"))
        for n in range(1_000)
    ]
    assert verdicts(*fetches, hit()) == ["link_preview"] * 1_000 + ["human"]


@pytest.mark.parametrize(
    "purpose",
    [
        "sec-purpose: prefetch",
        "sec-purpose: prefetch;prerender",
        "purpose: prefetch",
        "x-moz: prefetch",
        "x-purpose: preview",
    ],
)
def test_what_was_fetched_ahead_is_a_prefetch_and_the_act_after_it_a_click(purpose: str) -> None:
    ahead = hit(purpose=purpose, outcome=Outcome.HELD_BACK)
    assert verdicts(ahead, hit(after_seconds=2)) == ["prefetch", "human"]


def test_a_double_tap_is_one_click() -> None:
    assert verdicts(hit(), hit(after_seconds=0.2)) == ["human", "duplicate"]


def test_the_hour_is_measured_from_the_click_that_counted() -> None:
    assert verdicts(hit(), hit(after_seconds=3_000), hit(after_seconds=3_601)) == ["human", "duplicate", "human"]


def test_a_late_arrival_within_the_hour_before_a_click_is_its_duplicate() -> None:
    assert verdicts(hit(), hit(after_seconds=-30)) == ["human", "duplicate"]


def test_judging_the_same_hit_again_finds_no_duplicate_of_itself() -> None:
    one = hit()
    assert verdicts(one, one) == ["human", "human"]


def test_visitors_without_a_pseudonym_are_never_duplicates() -> None:
    assert verdicts(hit(visitor=None), hit(visitor=None)) == ["human", "human"]


def test_a_bot_before_a_person_takes_no_click_away() -> None:
    assert verdicts(hit(agent=PROGRAMS["google"]), hit()) == ["bot", "human"]


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome.EXPIRED, "expired"),
        (Outcome.NOT_STARTED, "expired"),
        (Outcome.DISABLED, "expired"),
        (Outcome.CAPPED, "capped"),
    ],
)
def test_a_person_at_a_link_out_of_service_is_no_click(outcome: Outcome, verdict: str) -> None:
    assert verdicts(hit(outcome=outcome), hit(agent="curl/8", outcome=outcome)) == [verdict, "bot"]


def test_of_too_many_clicks_the_older_half_is_forgotten() -> None:
    clicks = Clicks(limit=4)
    for n in range(5):
        clicks.add(link_id=LINK, visitor=bytes([n]) * 16, at=AT, hit_id=uuid4())
    counts = [clicks.take(hit(visitor=bytes([n]) * 16), bytes([n]) * 16) for n in (4, 3, 2, 1, 0)]
    assert counts == [False, False, False, True, True]
