"""User agents are told apart as by trying every pattern on every one, however few are tried."""

import random
import re

import crawleruseragents
import pytest

from services.attribution.hits import agents as module
from services.attribution.hits.agents import Agent, AgentKind, agents, in_app_of
from tests.benchmarks.attribution.load import user_agents

ALL = tuple(module._patterns())  # what a short way must agree with
BROWSERS = (
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 "
        "Instagram 355.0.0.28.98 (iPhone14,5; iOS 18_1; de_DE)"
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
    (
        "Mozilla/5.0 (Linux; Android 9; CUBOT X50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 "
        "Mobile Safari/537.36"
    ),
)


def by_every_pattern(user_agent: str) -> AgentKind:
    """The kind by the rules of the module, with no pattern left out."""
    kinds = {pattern.kind for pattern in ALL if pattern.expression.search(user_agent)}
    for kind in (AgentKind.LINK_PREVIEW, AgentKind.PROGRAM):
        if kind in kinds:
            return kind
    lowered = user_agent.lower()
    if not lowered.startswith(("mozilla/", "opera/")):
        return AgentKind.PROGRAM
    if "opera/" not in lowered and not module._ENGINE.search(lowered):
        return AgentKind.PROGRAM
    return AgentKind.BROWSER


def known_programs() -> list[str]:
    return [agent for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]]


def with_other_digits(user_agent: str, seed: int) -> str:
    rng = random.Random(seed)
    return re.sub(r"[0-9]", lambda _: str(rng.randrange(10)), user_agent)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(known_programs()[::5], id="programs"),
        pytest.param([with_other_digits(agent, 1) for agent in known_programs()[::5]], id="programs of other versions"),
        pytest.param([with_other_digits(agent, seed) for agent in BROWSERS for seed in range(40)], id="browsers"),
        pytest.param(user_agents(400), id="made ones"),
    ],
)
def test_the_short_way_says_what_every_pattern_says(found: list[str]) -> None:
    known = agents()
    differ = [agent for agent in found if known.classify(agent).kind is not by_every_pattern(agent)]
    assert found
    assert not differ


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mozilla/5.0 (compatible; 2ip bot/1.1; +http://2ip.io) AppleWebKit", "Mozilla/5.0 AppleWebKit"),
        ("Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/) Gecko", "Mozilla/5.0 (x; MJ47b/v1.4) Gecko"),
    ],
)
def test_patterns_that_name_a_number_see_it(one: str, other: str) -> None:
    known = agents()
    assert (known.classify(one).kind, known.classify(other).kind) == (AgentKind.PROGRAM, AgentKind.BROWSER)


def test_answers_do_not_depend_on_who_was_asked_before() -> None:
    """Two user agents of one shape, of which one has the digits that a pattern names."""
    numbered = next(
        agent for pattern in ALL if re.fullmatch(r"[0-9a-zA-Z]*[0-9][0-9a-zA-Z]*", pattern.name)
        for agent in (f"Mozilla/5.0 (X11) Gecko {pattern.name}",)
    )  # fmt: skip
    sibling = re.sub(r"(?<=Gecko ).*", lambda found: module._zeroed(found[0]), numbered)
    for order in ((numbered, sibling), (sibling, numbered)):
        known = module.Agents()
        assert {agent: known.classify(agent).kind for agent in order} == {
            numbered: AgentKind.PROGRAM, sibling: by_every_pattern(sibling),
        }  # fmt: skip


def test_the_app_is_named_whatever_its_version() -> None:
    instagram = BROWSERS[0]
    assert {agents().classify(with_other_digits(instagram, seed)) for seed in range(9)} == {
        Agent(AgentKind.BROWSER, in_app=in_app_of(instagram.lower()))
    }
