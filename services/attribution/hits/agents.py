"""User agents, pure: which are programs, which fetch a preview, which are browsers inside apps.

The patterns are those of crawler-user-agents (https://github.com/monperrus/crawler-user-agents) and some of our own.
Fifteen hundred regular expressions would cost a millisecond a hit: a pattern is only tried when a word of the user
agent holds the longest run of letters and digits that the pattern must match, and words are remembered.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import crawleruseragents

MAX_WORDS = 65_536
MAX_AGENTS = 65_536
_LETTER = re.compile("[a-z]")
_WORD = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*")
# Escaped characters, classes and groups: what is left between them is matched as it stands.
_NOT_LITERAL = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|\((?:\\.|[^()])*\)|[a-z0-9][?*{]|[^a-z0-9]")
_ENGINE = re.compile(r"applewebkit|gecko|trident|msie|khtml|presto|edgehtml|goanna|servo")


class AgentKind(StrEnum):
    """What a user agent is taken for."""

    BROWSER = "browser"
    LINK_PREVIEW = "link_preview"
    PROGRAM = "program"


class Agent(NamedTuple):
    """A user agent's kind, why, and the app whose browser it is."""

    kind: AgentKind
    reason: str | None = None
    in_app: str | None = None


@dataclass(frozen=True)
class _Pattern:
    name: str
    expression: re.Pattern[str]
    kind: AgentKind


# Servers of the Fediverse fetch a posted link once each; messengers and editors fetch it for a card.
_OWN_PREVIEWS = (
    "mastodon", "pleroma", "akkoma", "misskey", "firefish", "sharkey", "gotosocial", "friendica", "lemmy", "peertube",
    "pixelfed", "hubzilla", "writefreely", "synapse", "matrixrtc", "signal-desktop", "teamsbot", "skypeuripreview",
    "snapchatads", "link preview", "linkpreview", "unfurl", "cardyb", "facebot", "zoombot", "notionembedder",
)  # fmt: skip
# A phone is called CUBOT, and the release channel of an app googleplay: neither is a program.
_OWN_PROGRAMS = (
    r"(?<!cu)bot(?![a-z])", "crawler", "crawling", "spider(?!man)", "scraper", "headlesschrome", "phantomjs",
    "puppeteer", "playwright", "selenium", "webdriver", "okhttp", "python-requests", "urllib", "aiohttp", "libwww",
    "go-http-client", "node-fetch", "apache-httpclient", "lighthouse", "pagespeed", "uptime", "pingdom", "http-client",
)  # fmt: skip
# The app, what its user agents hold in any case, and the whole pattern.
_IN_APPS = tuple(
    (name, hint, re.compile(expression))
    for name, hint, expression in (
        ("instagram", "instagram", r"\binstagram \d"),
        ("threads", "barcelona", r"\bbarcelona \d"),
        ("facebook", "fb", r"\[?fb(?:an|av|_iab|ios|ba)/"),
        ("tiktok", "musical_ly", "musical_ly"),
        ("tiktok", "byte", "bytedancewebview|bytelocale"),
        ("tiktok", "tiktok", "tiktok"),
        ("tiktok", "trill_", "trill_"),
        ("tiktok", "zhiliaoapp", "zhiliaoapp"),
        ("pinterest", "pinterest", r"\[pinterest/|pinterest for (?:ios|android)"),
        ("snapchat", "snapchat", r"\bsnapchat/?\s?\d"),
        ("x", "twitter", "twitter for (?:iphone|ipad)|twitterandroid"),
        ("linkedin", "linkedinapp", "linkedinapp"),
        ("reddit", "reddit/", r"\breddit/(?:version|\d)"),
        ("line", "line/", r"\bline/\d"),
        ("wechat", "micromessenger", "micromessenger"),
        ("kakaotalk", "kakaotalk", "kakaotalk"),
        ("google", "gsa/", r"\bgsa/\d"),
    )
)


def _alternatives(pattern: str) -> list[str]:
    """The pattern, or its alternatives where it is a plain list of them at the top level."""
    outside = re.sub(r"\\.|\((?:\\.|[^()])*\)|\[(?:\\.|[^\]])*\]", "", pattern)
    return pattern.split("|") if "|" in outside and "(" not in pattern else [pattern]


def _required(pattern: str) -> str:
    """The longest run of letters and digits that every match holds, one with a letter in it where there is one."""
    runs = _NOT_LITERAL.sub(" ", pattern.lower()).split()
    return max(runs, key=lambda run: (bool(_LETTER.search(run)), len(run)), default="")


def _patterns() -> Iterable[_Pattern]:
    for word in _OWN_PREVIEWS:
        yield _Pattern(word, re.compile(word, re.IGNORECASE), AgentKind.LINK_PREVIEW)
    for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA:
        previews = "social-preview" in entry.get("tags", ())
        for part in _alternatives(entry["pattern"]):
            yield _Pattern(part, re.compile(part), AgentKind.LINK_PREVIEW if previews else AgentKind.PROGRAM)
    for word in _OWN_PROGRAMS:
        yield _Pattern(word, re.compile(word, re.IGNORECASE), AgentKind.PROGRAM)


class Agents:
    """Knows user agents: `classify(user_agent)`. Built once per process, since compiling the patterns takes a while."""

    def __init__(self) -> None:
        self._by_literal: dict[str, list[_Pattern]] = {}
        self._by_digits: list[tuple[str, _Pattern]] = []
        for pattern in _patterns():
            literal = _required(pattern.name)
            if _LETTER.search(literal):
                self._by_literal.setdefault(literal, []).append(pattern)
            else:
                self._by_digits.append((literal, pattern))
        self._candidates = lru_cache(maxsize=MAX_WORDS)(self._candidates_of)
        self.classify = lru_cache(maxsize=MAX_AGENTS)(self._classify)

    def _classify(self, user_agent: str) -> Agent:
        """What this user agent is. A preview goes before a program, as one fetches for a person's eyes."""
        found = self._first_match(user_agent)
        if found is not None:
            return Agent(found.kind, f"user agent matches {found.name}"[:200])
        lowered = user_agent.lower()
        if not lowered.startswith(("mozilla/", "opera/")):
            return Agent(AgentKind.PROGRAM, "not a browser's user agent")
        if "opera/" not in lowered and not _ENGINE.search(lowered):
            return Agent(AgentKind.PROGRAM, "names no browser engine")
        return Agent(AgentKind.BROWSER, in_app=in_app_of(lowered))

    def _first_match(self, user_agent: str) -> _Pattern | None:
        found: _Pattern | None = None
        for word in _WORD.findall(user_agent.lower()):
            for pattern in self._candidates(word):
                if pattern.expression.search(user_agent):
                    if pattern.kind is AgentKind.LINK_PREVIEW:
                        return pattern
                    found = found or pattern
        for digits, pattern in self._by_digits:
            if digits in user_agent and pattern.expression.search(user_agent):
                found = found or pattern
        return found

    def _candidates_of(self, word: str) -> tuple[_Pattern, ...]:
        return tuple(
            pattern for literal, patterns in self._by_literal.items() if literal in word for pattern in patterns
        )


@lru_cache(maxsize=1)
def agents() -> Agents:
    return Agents()


def in_app_of(lowered: str) -> str | None:
    """The app whose web view this is; None for a browser of its own."""
    for name, hint, expression in _IN_APPS:
        if hint in lowered and expression.search(lowered):
            return name
    return None
