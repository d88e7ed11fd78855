"""User agents, pure: which are programs, which fetch a preview, which are browsers inside apps.

The patterns are those of crawler-user-agents (https://github.com/monperrus/crawler-user-agents) and some of our own.
Fifteen hundred regular expressions would cost a millisecond a hit. So a pattern is only tried when a word of the user
agent holds the longest run of letters and digits that the pattern must match. And what differs between most browsers
is a number: patterns without a digit say the same of two user agents that differ in digits alone, so their answer is
remembered by the user agent with every digit as 0, and only the few patterns with a digit look at the digits.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import crawleruseragents

MAX_WORDS = 65_536
MAX_SHAPES = 65_536
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
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

    @property
    def reads_digits(self) -> bool:
        """Whether which digits a user agent has may matter; `\\d` takes them all alike."""
        return any("0" <= character <= "9" for character in self.name)


class _Shape(NamedTuple):
    """What is known of all user agents that differ in digits alone, and the patterns that must see the digits."""

    agent: Agent
    matched: AgentKind | None
    by_digits: tuple[_Pattern, ...]


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
        self._with_digits: list[tuple[str, _Pattern]] = []
        for pattern in _patterns():
            literal = _required(pattern.name)
            if pattern.reads_digits or not _LETTER.search(literal):
                self._with_digits.append((_zeroed(literal), pattern))
            else:
                self._by_literal.setdefault(literal, []).append(pattern)
        self._candidates = lru_cache(maxsize=MAX_WORDS)(self._candidates_of)
        self._shape = lru_cache(maxsize=MAX_SHAPES)(self._shape_of)

    def classify(self, user_agent: str) -> Agent:
        """What this user agent is. A preview goes before a program, as one fetches for a person's eyes."""
        shape = self._shape(_zeroed(user_agent))
        if shape.by_digits and shape.matched is not AgentKind.LINK_PREVIEW:
            found = _first_match(shape.by_digits, user_agent)
            if found is not None and (found.kind is AgentKind.LINK_PREVIEW or shape.matched is None):
                return _agent_of(found)
        return shape.agent

    def _shape_of(self, zeroed: str) -> _Shape:
        lowered = zeroed.lower()
        words = [pattern for word in _WORD.findall(lowered) for pattern in self._candidates(word)]
        by_digits = tuple(pattern for literal, pattern in self._with_digits if literal in lowered)
        found = _first_match(words, zeroed)
        if found is not None:
            return _Shape(_agent_of(found), found.kind, by_digits)
        if not lowered.startswith(("mozilla/", "opera/")):
            agent = Agent(AgentKind.PROGRAM, "not a browser's user agent")
        elif "opera/" not in lowered and not _ENGINE.search(lowered):
            agent = Agent(AgentKind.PROGRAM, "names no browser engine")
        else:
            agent = Agent(AgentKind.BROWSER, in_app=in_app_of(lowered))
        return _Shape(agent, matched=None, by_digits=by_digits)

    def _candidates_of(self, word: str) -> tuple[_Pattern, ...]:
        return tuple(
            pattern for literal, patterns in self._by_literal.items() if literal in word for pattern in patterns
        )


def _zeroed(text: str) -> str:
    """With every ASCII digit as 0. By way of bytes, which are translated many times faster than a str."""
    return text.encode("utf-8", "replace").translate(_ZEROS).decode()


def _first_match(patterns: Iterable[_Pattern], user_agent: str) -> _Pattern | None:
    """The first preview that matches, else the first program."""
    found: _Pattern | None = None
    for pattern in patterns:
        if pattern.expression.search(user_agent):
            if pattern.kind is AgentKind.LINK_PREVIEW:
                return pattern
            found = found or pattern
    return found


def _agent_of(pattern: _Pattern) -> Agent:
    return Agent(pattern.kind, f"user agent matches {pattern.name}"[:200])


@lru_cache(maxsize=1)
def agents() -> Agents:
    return Agents()


def in_app_of(lowered: str) -> str | None:
    """The app whose web view this is; None for a browser of its own."""
    for name, hint, expression in _IN_APPS:
        if hint in lowered and expression.search(lowered):
            return name
    return None
