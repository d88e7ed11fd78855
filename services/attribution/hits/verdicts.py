"""The rules by which a hit is judged, pure and versioned: who or what made it, and whether it counts as a click.

The rules in their order; the first that fits decides:

1. HEAD: a request for the address alone is no click, whoever sends it.
2. prefetch: the browser said that nobody had acted yet. It was answered 503 and asks again when somebody does.
3. bot: no user agent at all.
4. link_preview, then bot: the user agent is one of a known fetcher of previews, or of a known program.
5. bot: the user agent is not a browser's.
6. expired: the link was over, not yet begun, or disabled.
7. capped: the link's click cap was reached.
8. duplicate: the same visitor had clicked the same link within the hour before; measured from the click that counted.
9. human.

Duplicates are known by the visitor's pseudonym of the day (address and user agent), so a visitor who clicks before and
after midnight UTC counts twice, and so does one whose browser sends Global Privacy Control, which leaves no pseudonym.
Several people behind one address with equal browsers count once an hour.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.attribution.hits.agents import AgentKind, Agents
from services.attribution.hits.evidence import is_ahead_of_the_visitor
from services.attribution.hits.record import Outcome
from shared.schemas.hits import HitVerdict

# Raised with every change of a rule, so that old hits are judged again.
RULES_VERSION = 1
DUPLICATE_SECONDS = 3_600
# Clicks that are remembered for duplicates; under a flood the hour shrinks to the newest of them.
MAX_CLICKS = 500_000
_OUT_OF_TIME = {
    Outcome.EXPIRED: "after the link's end",
    Outcome.NOT_STARTED: "before the link's start",
    Outcome.DISABLED: "the link is disabled",
}


class Evidence(NamedTuple):
    """What was stored of a hit, as far as it is judged by it."""

    id: UUID
    link_id: UUID
    at: datetime
    method: str
    outcome: str
    user_agent: str | None
    purpose: str | None
    visitor: bytes | None


class Judgement(NamedTuple):
    """A verdict with its reason; `in_app` names the app whose browser a person used."""

    verdict: HitVerdict
    reason: str
    in_app: str | None = None


_BROWSER = Judgement(HitVerdict.HUMAN, "a browser")


class Clicks:
    """The clicks of the last hour by link and visitor; when there are too many, the older half is forgotten."""

    def __init__(self, *, limit: int = MAX_CLICKS) -> None:
        self._half = max(1, limit // 2)
        self._older: dict[bytes, tuple[float, UUID]] = {}
        self._newer: dict[bytes, tuple[float, UUID]] = {}

    def add(self, *, link_id: UUID, visitor: bytes, at: datetime, hit_id: UUID) -> None:
        """Remember a click that counted; of two the later one."""
        key = link_id.bytes + visitor
        self._keep(key, at.timestamp(), hit_id, self._held(key))

    def take(self, evidence: Evidence, visitor: bytes) -> bool:
        """Whether this click counts, and remember it if so: no other click of the visitor on the link did within the
        hour, be it a later one."""
        key, seconds = evidence.link_id.bytes + visitor, evidence.at.timestamp()
        held = self._held(key)
        if held is not None and held[1] != evidence.id and abs(seconds - held[0]) < DUPLICATE_SECONDS:
            return False
        self._keep(key, seconds, evidence.id, held)
        return True

    def _keep(self, key: bytes, seconds: float, hit_id: UUID, held: tuple[float, UUID] | None) -> None:
        if held is not None and held[0] > seconds:
            return
        if len(self._newer) >= self._half:
            self._older, self._newer = self._newer, {}
        self._newer[key] = (seconds, hit_id)

    def _held(self, key: bytes) -> tuple[float, UUID] | None:
        return self._newer.get(key) or self._older.get(key)


def judge(evidence: Evidence, *, agents: Agents, clicks: Clicks) -> Judgement:
    """The verdict on one hit; a click is added to `clicks`."""
    found = _without_history(evidence, agents)
    if found.verdict is not HitVerdict.HUMAN or evidence.visitor is None or clicks.take(evidence, evidence.visitor):
        return found
    return Judgement(HitVerdict.DUPLICATE, "clicked within the hour", found.in_app)


def _without_history(evidence: Evidence, agents: Agents) -> Judgement:
    _, _, _, method, outcome, user_agent, purpose, _ = evidence
    if method == "HEAD":
        return Judgement(HitVerdict.HEAD, "HEAD asks for the address alone")
    if outcome == Outcome.HELD_BACK or (purpose is not None and is_ahead_of_the_visitor(purpose)):
        return Judgement(HitVerdict.PREFETCH, purpose or "fetched ahead of the visitor")
    if user_agent is None or not user_agent.strip():
        return Judgement(HitVerdict.BOT, "no user agent")
    kind, reason, in_app = agents.classify(user_agent)
    if kind is AgentKind.LINK_PREVIEW:
        return Judgement(HitVerdict.LINK_PREVIEW, reason or "a preview")
    if kind is AgentKind.PROGRAM:
        return Judgement(HitVerdict.BOT, reason or "a program")
    if outcome in _OUT_OF_TIME:
        return Judgement(HitVerdict.EXPIRED, _OUT_OF_TIME[Outcome(outcome)], in_app)
    if outcome == Outcome.CAPPED:
        return Judgement(HitVerdict.CAPPED, "the link's click cap was reached", in_app)
    return _BROWSER if in_app is None else Judgement(HitVerdict.HUMAN, "a browser", in_app)
