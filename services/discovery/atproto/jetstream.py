"""Bluesky's live stream (Jetstream, the /subscribe contract): new posts by hashtag, deletions of posts and accounts."""

import asyncio
import json
import random
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from services.discovery.atproto.records import PLATFORM, read_post
from services.discovery.connector import (
    AuthenticationNeeded,
    Clock,
    ConnectorError,
    ForeignCursor,
    NotPermitted,
    PlatformFault,
    RateLimited,
    utc_now,
)
from services.discovery.fields import Json, filled, mapping, natural, truth
from services.discovery.ratelimits import retry_at
from services.discovery.records import (
    LiveAccount,
    LiveDeletion,
    LiveEvent,
    LiveGap,
    LiveMark,
    LivePost,
    Origin,
)
from shared.kit.http import USER_AGENT
from shared.rules.hashtags import normalise_all
from shared.schemas.creators import AccountStatus

JETSTREAM = "wss://jetstream2.us-east.bsky.network"
ENDPOINT = "/subscribe"
POSTS = "app.bsky.feed.post"
MOST_DIDS = 100
"""So many accounts are named in the address; for more the server is asked for all and the others are passed over."""
OVERLAP = timedelta(seconds=5)
"""A reading resumes so much earlier than where it stood: servers do not number events alike."""
GAP = timedelta(minutes=1)
MARK_EVERY = 5_000
REMEMBERED = 50_000
MOST_FAILURES = 8
LONGEST_PAUSE = 60.0
LARGEST_FRAME = 1 << 20
CLOSING_SECONDS = 1.0
"""So long a server may take to say goodbye; nothing that it still sends is wanted."""
_SECOND = 1_000_000
_STATUSES = {
    "deleted": AccountStatus.DELETED,
    "takendown": AccountStatus.SUSPENDED,
    "suspended": AccountStatus.SUSPENDED,
    "deactivated": AccountStatus.SUSPENDED,
}

Pause = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Reading:
    """What one reading asked for and how far it is. `at`: microseconds since 1970 of the last frame, None at first."""

    keys: frozenset[str]
    accounts: frozenset[str]
    at: int | None
    skipped: int = 0
    emitted: "OrderedDict[tuple[object, ...], None]" = field(default_factory=OrderedDict)

    def is_new(self, key: tuple[object, ...]) -> bool:
        """Whether this event was not passed on yet; it counts as passed on from now on."""
        if key in self.emitted:
            return False
        self.emitted[key] = None
        if len(self.emitted) > REMEMBERED:
            self.emitted.popitem(last=False)
        return True


class Jetstream:
    """One server of the live stream. Holds no connection between readings."""

    def __init__(self, url: str = JETSTREAM, *, clock: Clock = utc_now, pause: Pause = asyncio.sleep) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ValueError(f"not a ws or wss address: {url!r}")
        self._url = url.rstrip("/")
        self._clock = clock
        self._pause = pause

    async def events(
        self, *, tags: Sequence[str] = (), accounts: Collection[str] = (), cursor: str | None = None
    ) -> AsyncGenerator[LiveEvent, None]:
        """Events from now on, or from shortly before `cursor`; without an end, at least once each.

        Posts carry one of `tags`, by their facets and their list of tags; without tags there are deletions only. A
        lost connection is made anew. Raises ConnectorError when the server refuses or cannot be reached again and
        again, ForeignCursor.
        """
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
            raise ForeignCursor("not a cursor of this connector")
        reading = _Reading(
            keys=frozenset(tag.key for tag in normalise_all(tags)),
            accounts=frozenset(accounts),
            at=int(cursor) if cursor is not None else None,
        )
        failures = 0
        while True:
            try:
                async with connect(
                    self._address(reading),
                    proxy=None,
                    user_agent_header=USER_AGENT,
                    max_size=LARGEST_FRAME,
                    max_queue=64,
                    close_timeout=CLOSING_SECONDS,
                ) as connection:
                    asked, first = reading.at, True
                    async for frame in connection:
                        parsed = _parsed(frame)
                        if parsed is None:
                            continue
                        failures = 0
                        moment = natural(parsed, "time_us") or 0
                        if first and (gap := _gap(reading, asked, moment)) is not None:
                            yield gap
                        first = False
                        event = self._event(parsed, moment, reading)
                        if event is not None:
                            yield event
            except InvalidStatus as error:
                raise self._refusal(error) from error
            except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError) as error:
                failures += 1
                if failures >= MOST_FAILURES:
                    reason = f"no connection after {failures} attempts ({type(error).__name__})"
                    raise PlatformFault(PLATFORM, ENDPOINT, reason, transient=True) from error
            else:
                failures += 1  # closed in good order, perhaps before anything came
                if failures >= MOST_FAILURES:
                    raise PlatformFault(PLATFORM, ENDPOINT, "the server closes every connection", transient=True)
            # jitter, so that many readers do not come back at once
            await self._pause(random.uniform(0.5, 1.0) * min(2.0**failures, LONGEST_PAUSE))  # noqa: S311

    def _address(self, reading: _Reading) -> str:
        params = [("wantedCollections", POSTS)]
        if 0 < len(reading.accounts) <= MOST_DIDS:
            params += [("wantedDids", did) for did in sorted(reading.accounts)]
        if reading.at is not None:
            params.append(("cursor", str(max(0, reading.at - int(OVERLAP.total_seconds() * _SECOND)))))
        return f"{self._url}{ENDPOINT}?{urlencode(params)}"

    def _event(self, frame: Json, moment: int, reading: _Reading) -> LiveEvent | None:
        """What a frame means for this reading; it is then behind it."""
        reading.at = max(reading.at or 0, moment)
        cursor, did = str(reading.at), filled(frame, "did", longest=512)
        event: LiveEvent | None = None
        if did is not None and (not reading.accounts or did in reading.accounts):
            event = self._commit(frame, did, cursor, reading) or _account(frame, did, cursor, reading)
        if event is not None:
            reading.skipped = 0
            return event
        reading.skipped += 1
        if reading.skipped >= MARK_EVERY:
            reading.skipped = 0
            return LiveMark(cursor=cursor)
        return None

    def _commit(self, frame: Json, did: str, cursor: str, reading: _Reading) -> LiveEvent | None:
        commit = mapping(frame, "commit")
        rkey, operation = filled(commit, "rkey", longest=512), commit.get("operation")
        if frame.get("kind") != "commit" or commit.get("collection") != POSTS or rkey is None:
            return None
        uri = f"at://{did}/{POSTS}/{rkey}"
        seen = (uri, operation, commit.get("rev"))
        if operation == "delete":
            return LiveDeletion(platform_id=uri, author_id=did, cursor=cursor) if reading.is_new(seen) else None
        if operation not in ("create", "update") or not reading.keys:
            return None
        now = self._clock()
        view = {"uri": uri, "author": {"did": did}, "record": mapping(commit, "record"), "indexedAt": now.isoformat()}
        post = read_post(view, Origin(PLATFORM, ENDPOINT, now))
        if post is None or not any(hashtag.key in reading.keys for hashtag in post.hashtags):
            return None
        return LivePost(post=post, cursor=cursor) if reading.is_new(seen) else None

    def _refusal(self, error: InvalidStatus) -> ConnectorError:
        """What the server's answer in place of a stream means."""
        status, headers = error.response.status_code, dict(error.response.headers.raw_items())
        if status == 429 or (status == 503 and "Retry-After" in error.response.headers):
            when = retry_at(headers, now=self._clock())
            return RateLimited(PLATFORM, ENDPOINT, f"answered {status}", retry_at=when)
        detail = f"answered {status}: {(error.response.body or b'').decode('utf-8', 'replace')[:200]}"
        if status == 401:
            return AuthenticationNeeded(PLATFORM, ENDPOINT, detail)
        if status == 403:
            return NotPermitted(PLATFORM, ENDPOINT, detail)
        return PlatformFault(PLATFORM, ENDPOINT, detail, transient=status >= 500)


def moment_of(cursor: str) -> datetime | None:
    """When the event of a cursor happened; None for a cursor that no server gave."""
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 17):
        return None
    return datetime.fromtimestamp(int(cursor) / _SECOND, UTC)


def _account(frame: Json, did: str, cursor: str, reading: _Reading) -> LiveEvent | None:
    account = mapping(frame, "account")
    active = truth(account, "active")
    if frame.get("kind") != "account" or active is None:
        return None
    status = AccountStatus.ACTIVE if active else _STATUSES.get(filled(account, "status") or "", AccountStatus.UNKNOWN)
    seen = (did, "account", account.get("seq"), account.get("time"))
    return LiveAccount(platform_id=did, status=status, cursor=cursor) if reading.is_new(seen) else None


def _gap(reading: _Reading, asked: int | None, moment: int) -> LiveGap | None:
    """The time that a server left out of what it was asked to repeat: it keeps some hours or days only.

    Of a few accounts alone nothing may have happened for long, so that nothing can be said.
    """
    if asked is None or (0 < len(reading.accounts) <= MOST_DIDS) or moment - asked < GAP.total_seconds() * _SECOND:
        return None
    since, until = (datetime.fromtimestamp(at / _SECOND, UTC) for at in (asked, min(moment, 253_402_300_799_000_000)))
    return LiveGap(since=since, until=until, cursor=str(asked))


def _parsed(frame: str | bytes) -> Json | None:
    try:
        parsed = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
