"""Ranks a search: reads its accounts, ranks them outside any transaction, writes candidates and summary."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators.service import contact_routes, contactable_by
from services.discovery.hashtags.service import told_by
from services.discovery.searches import accounts as sql
from services.discovery.searches import repository
from services.discovery.searches.briefs import accounts_named, hashtags_of
from services.discovery.searches.fans import FANS, in_words, read_fans
from services.discovery.searches.finding import Found, Seen, find, reasons
from services.discovery.searches.provenance import stored
from services.discovery.searches.relevance import Words, words_of
from services.discovery.searches.repository import SearchRow
from services.discovery.searches.rule import DAYS, LEAST_POSTS, UNKNOWN_MARKS, Account, Reason, marks_of
from services.discovery.searches.sources import ARCHIVE
from shared.kit.runtime import Runtime
from shared.rules.ages import says_under_18
from shared.schemas.base import Unknown
from shared.schemas.creators import Contactable
from shared.schemas.searches import (
    CommentProvenance,
    ContactableSummary,
    FanProvenance,
    HashtagProvenance,
    LeftOut,
    PlatformSummary,
    PostProvenance,
    Provenance,
    SearchCreate,
)

BEST = 5


async def rank(runtime: Runtime, workspace_id: UUID, search_id: UUID) -> None:
    """Replace the search's candidates by what is known now."""
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await repository.search(session, search_id=search_id)
        if row is None:
            return
        request = SearchCreate.model_validate(row.request)
        now = row.started_at or datetime.now(UTC)
        facts = await read_facts(session, row, request, now)
        fans = await read_fans(session, row, request)
    seen = replace(await asyncio.to_thread(seen_of, facts, request), fans=frozenset(fans))
    outcome = await asyncio.to_thread(find, seen, request, now)
    found = outcome.found
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await repository.search(session, search_id=search_id, lock=True)
        if row is None:
            return
        written = await _candidates(session, row, found, seen, fans)
        await repository.replace_candidates(session, row=row, found=written)
        row.candidates = len(written)
        row.best = [one.account.handle for one in found[:BEST] if one.account.handle]
        row.summary = await _summary(session, row, seen, request, outcome.left_out)


class Facts:
    """What the database knows, as it came."""

    accounts: list[Any]
    texts: list[Any]
    comments: list[Any]
    uses: list[Any]
    never: frozenset[UUID]
    known: frozenset[UUID]
    told: Mapping[str, float]


async def read_facts(session: AsyncSession, row: SearchRow, request: SearchCreate, now: datetime) -> Facts:
    """Everything that a ranking reads."""
    keys = {"workspace_id": row.workspace_id, "search_id": row.id}
    brief = request.brief
    await repository.plan_for_this_workspace(session)
    facts = Facts()
    facts.accounts = await repository.rows_of(session, sql.ACCOUNTS, {**keys, "since": now - timedelta(days=DAYS)})
    facts.texts = await repository.rows_of(session, sql.TEXTS, keys)
    facts.comments = await repository.rows_of(session, sql.COMMENTS, keys)
    facts.uses = await repository.rows_of(session, sql.HASHTAG_USES, keys)
    unwanted = [*brief.exclude, *brief.owned_accounts, *brief.brand.handles]
    keys_asked = list(hashtags_of(brief))
    facts.told = await told_by(session, workspace_id=row.workspace_id, keys=keys_asked) if len(keys_asked) > 1 else {}
    facts.never = frozenset(one for some in await accounts_named(session, row.workspace_id, unwanted) for one in some)
    watched = await repository.rows_of(session, sql.WATCHED, keys) if request.filters.known == Unknown.EXCLUDE else []
    facts.known = frozenset(one.creator_id for one in watched)
    return facts


def seen_of(facts: Facts, request: SearchCreate) -> Seen:
    """The facts as a ranking takes them; no database is asked."""
    tags = {key: display for key, (display, _) in hashtags_of(request.brief).items()}
    topics = [tuple(words_of(topic)) for topic in request.brief.topics]
    words: dict[UUID, Words] = defaultdict(Words)
    for author_id, text, keys in facts.texts:
        # the hashtag itself is left out: who used it is told by the graph, what they say is told here
        said = Counter(word for word in words_of(text or "") if word not in tags)
        words[author_id].all.update(said)
        if tags.keys() & set(keys or ()) or any(topic and all(word in said for word in topic) for topic in topics):
            words[author_id].on_topic.update(said)
    for one in facts.accounts:
        if one.bio_text:
            words[one.creator_id].all.update(words_of(one.bio_text))
    return Seen(
        accounts=[_account(one) for one in facts.accounts],
        words=[words[one.creator_id] for one in facts.accounts],
        edges=[tuple(one) for one in facts.comments],
        uses=[tuple(one) for one in facts.uses],
        never=facts.never,
        known=facts.known,
        keys=tags,
        told=facts.told,
    )


def _account(one: Any) -> Account:  # noqa: ANN401  # a row
    return Account(
        id=one.creator_id, platform=one.platform, hop=one.hop, is_seed=one.is_seed, handle=one.handle,
        followers=one.followers, posts_count=one.posts_count, recent=one.recent, feed_complete=one.feed_complete,
        last_at=one.last_at, kind=one.account_kind, status=one.status, is_bot=one.is_bot, language=one.language,
        country=one.country, found_at=one.found_at,
        spoken=frozenset(one.spoken or ()) if one.told >= LEAST_POSTS else frozenset(),
        contactable=contactable_by(contact_routes(one)),
        is_minor=says_under_18(one.bio_text, today=one.found_at.date()),
    )  # fmt: skip


async def _candidates(
    session: AsyncSession, row: SearchRow, found: Sequence[Found], seen: Seen, fans: dict[UUID, FanProvenance]
) -> list[dict[str, Any]]:
    ids = [one.account.id for one in found]
    workspace = {"workspace_id": row.workspace_id}
    tagged: dict[UUID, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for post in await repository.rows_of(
        session, sql.TAGGED_POSTS, {**workspace, "keys": list(seen.keys), "creator_ids": ids}
    ):
        tagged[post.author_id][post.key].append(post)
    pairs = [(one.account.id, other.id) for one in found for other, _, _ in one.led_by]
    said: dict[tuple[UUID, UUID], list[Any]] = defaultdict(list)
    for start in range(0, len(pairs), 5_000):
        part = pairs[start : start + 5_000]
        parameters = {
            **workspace, "sources": [source for source, _ in part], "targets": [target for _, target in part],
        }  # fmt: skip
        for comment in await repository.rows_of(session, sql.SAID, parameters):
            said[comment.source, comment.target].append(comment)
    brief_band = SearchCreate.model_validate(row.request).brief.follower_band
    written = []
    for number, one in enumerate(found, start=1):
        marks = marks_of(one.account, relevance_known=one.relevance is not None)
        told = _provenance(one, seen, tagged[one.account.id], said, fans, row)
        examples = [
            [line.comment_id for line in said.get((one.account.id, other.id), [])] for other, _, _ in one.led_by
        ]
        written.append({
            "creator_id": one.account.id, "rank": number, "score": one.ranked.score,
            "in_band": brief_band.holds(one.account.followers), "posts_in_90_days": one.account.posts_in_90_days,
            "provenance": stored(told, examples=examples), "marks": [str(mark) for mark in marks],
            "has_unknown": bool(UNKNOWN_MARKS & set(marks)), "found_at": one.account.found_at,
        })  # fmt: skip
    return written


def _provenance(
    one: Found, seen: Seen, tagged: dict[str, list[Any]], said: dict[tuple[UUID, UUID], list[Any]],
    fans: dict[UUID, FanProvenance], row: SearchRow,
) -> Provenance:  # fmt: skip
    path = reasons(one, seen.keys)
    fan = fans.get(one.account.id)
    path += in_words(fan) if fan else []
    posts: dict[UUID, PostProvenance] = {}
    for key, some in tagged.items():
        for post in some:
            posts.setdefault(
                post.id,
                PostProvenance(
                    post_id=post.id,
                    url=_line(post.url),
                    hashtags=(seen.keys.get(key, key),),
                    created_at=post.created_at,
                ),
            )
    talk = []
    for other, comments, under in one.led_by:
        lines = said.get((one.account.id, other.id), [])
        for line in lines:
            posts.setdefault(line.id, PostProvenance(post_id=line.id, url=_line(line.url)))
        talk.append(
            CommentProvenance(
                under_creator_id=other.id, under_handle=other.handle, comments=comments, posts=under,
                hop=other.hop + 1, last_at=lines[0].last_at if lines else None,
            )
        )  # fmt: skip
    return Provenance(
        sources=tuple(dict.fromkeys([*_sources(one, row), *([FANS] if fan else [])])),
        hashtags=tuple(
            HashtagProvenance(
                hashtag=seen.keys.get(use.hashtag, use.hashtag), posts=use.uses,
                examples=tuple(post.id for post in tagged.get(use.hashtag, ())),
            )
            for use in one.ranked.evidence.hashtags
        ),
        posts=tuple(posts.values())[:20],
        comments=tuple(talk),
        is_seed=one.account.is_seed,
        fan_of_brand=fan is not None,
        fan=fan,
        hops=one.account.hop,
        path=tuple(path),
    )  # fmt: skip


def _sources(one: Found, row: SearchRow) -> list[str]:
    asked = SearchCreate.model_validate(row.request).sources
    return [one.account.platform] if one.account.platform in asked else [ARCHIVE]


def _line(text: str | None) -> str | None:
    return text[:1_000] if text else None


async def _summary(
    session: AsyncSession, row: SearchRow, seen: Seen, request: SearchCreate, left_out: Mapping[UUID, Reason]
) -> list[dict[str, Any]]:
    keys = {"workspace_id": row.workspace_id, "search_id": row.id}
    opted_out = {one.platform: one.number for one in await repository.rows_of(session, sql.OPTED_OUT, keys)}
    calls = await repository.calls_by_source(session, row=row)
    band = request.brief.follower_band
    platforms = {one.platform for one in seen.accounts} | set(opted_out) | (set(calls) - {ARCHIVE})
    lines = []
    for platform in sorted(platforms):
        people = [one for one in seen.accounts if one.platform == platform and not one.is_seed]
        inside = [one for one in people if band.holds(one.followers)]
        ways = Counter(one.contactable for one in inside if one.id not in left_out)
        reasons_against = Counter(str(left_out[one.id]) for one in people if one.id in left_out)
        lines.append(
            PlatformSummary(
                platform=platform,
                found=len(people),
                in_band=len(inside),
                band_unknown=sum(one.followers is None for one in people),
                contactable=ContactableSummary(
                    yes=ways[Contactable.YES], dm_only=ways[Contactable.DM_ONLY], unknown=ways[Contactable.UNKNOWN]
                ),
                opted_out=opted_out.get(platform, 0),
                left_out=LeftOut(**reasons_against),
                calls_spent=calls.get(platform, 0),
            ).model_dump(mode="json")
        )
    return lines
