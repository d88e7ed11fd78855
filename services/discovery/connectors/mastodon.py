"""Mastodon, and GoToSocial and Pixelfed behind the same paths: any number of servers, each with its own view."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar, Self

from services.discovery import cursors
from services.discovery.connector import (
    AuthenticationNeeded,
    CallMeter,
    Clock,
    Connector,
    ConnectorError,
    Coverage,
    NotFound,
    Page,
    QuotaRule,
    RateLimited,
    Record,
    Unsupported,
    utc_now,
)
from services.discovery.fediverse.client import (
    CALLS,
    PAGES,
    STATUSES_PAGE,
    FediverseClient,
    Server,
    next_max_id,
    read_servers,
)
from services.discovery.fediverse.locating import (
    find_account,
    handle_of,
    known_place,
    locate_account,
    locate_status,
    own_place,
)
from services.discovery.fediverse.offers import OFFERS, ONE_VIEW
from services.discovery.fediverse.records import PUBLIC, Seen, read_account, read_comments, read_status
from services.discovery.fediverse.turns import Turn, read_turns, write_turns
from services.discovery.fields import filled
from services.discovery.platform_http import PlatformHttp
from services.discovery.records import CommentRecord, CreatorRecord, PostRecord
from services.discovery.references import unpack
from services.discovery.resets import Rolling
from shared.kit.http import HttpClient, HttpResponse
from shared.rules.hashtags import Tag, normalise, normalise_all, search_term, url_term
from shared.rules.identifiers import parse_account
from shared.schemas.platforms import Capability, PermittedUse, Support

DEFAULT_SERVERS = "https://mastodon.social"
ACCOUNTS_PAGE = 80
BATCH_SIZE = 20
MOST_SPELLINGS = 4
"""Of further tags in one call a server looks at so many."""

HASHTAG = "/api/v1/timelines/tag/"
STATUSES = "/api/v1/statuses"
ACCOUNTS = "/api/v1/accounts"
ASYNC_REFRESH = "mastodon-async-refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPosition(cursors.Position):
    """Where a list of a server goes on: `local_id` on `host`; `reposts`: the likes are read, the reposts are next;
    `own`: it is of an account of that server, which knows all of its posts."""

    host: str = ""
    local_id: str = ""
    reposts: bool = False
    own: bool = False


class MastodonConnector(Connector):
    """Reads the servers that its options name, each with a token of its own or with none."""

    name: ClassVar[str] = "Mastodon"
    options: ClassVar[Mapping[str, str]] = {
        "servers": f"addresses of servers to read, apart by spaces or commas (default {DEFAULT_SERVERS})",
        "access_tokens": "user tokens by server, as host=token, apart by spaces or commas; GoToSocial and Pixelfed "
        "answer to none else, Mastodon shows longer conversations",
    }
    permitted_uses: ClassVar[tuple[PermittedUse, ...]] = tuple(PermittedUse)
    terms_url: ClassVar[str | None] = "https://docs.joinmastodon.org/api/guidelines/"
    notes: ClassVar[tuple[str, ...]] = (
        "every server has terms of its own; read those of the servers that you name",
        "accounts that opt out of being found or indexed are counted and not stored",
    )
    calls_given_addresses: ClassVar[bool] = True
    post_batch: ClassVar[int] = BATCH_SIZE
    example_account: ClassVar[str] = "someone@mastodon.social"
    example_post: ClassVar[str] = "https://mastodon.social/users/someone/statuses/1"
    offers: ClassVar[tuple[Capability, ...]] = OFFERS

    def __init__(self, http: PlatformHttp, servers: Sequence[Server]) -> None:
        self._client = FediverseClient(http, servers)

    @classmethod
    def create(
        cls,
        http: HttpClient,
        options: Mapping[str, str],
        *,
        meter: CallMeter | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """See Connector."""
        servers = read_servers(
            options.get("servers", "").strip() or DEFAULT_SERVERS, options.get("access_tokens", "").strip()
        )
        return cls(PlatformHttp(cls.platform, http, meter, clock), servers)

    def _as_configured(self, row: Capability) -> Capability:
        if row.name == "hashtag_stream":
            reason = "servers stream to user tokens only; the hashtag timelines are read instead"
            return row.model_copy(update={"support": Support.NO, "reason": reason})
        if row.name.startswith(("pixelfed_", "gotosocial_")) and not any(
            server.token for server in self._client.servers.values()
        ):
            reason = "these servers answer to user tokens only, and none is given"
            return row.model_copy(update={"support": Support.NEEDS_USER_TOKEN, "reason": reason})
        return row

    def quotas(self) -> tuple[QuotaRule, ...]:
        """See Connector. A server allows 300 calls in 5 minutes, and of further pages 300 in 15; so that both hold
        whatever is asked, a third is kept for pages."""
        five_minutes = Rolling(timedelta(minutes=5))
        note = "of 300 per server and token, or per address without one"
        return (
            QuotaRule(bucket=CALLS, unit="call", limit=200, reset=five_minutes, note=note),
            QuotaRule(bucket=PAGES, unit="call", limit=100, reset=five_minutes, note=note),
        )

    def account_id(self, reference: str) -> str | None:
        """See Connector: `@name@server` or the address of a profile, as `name@server`."""
        try:
            found = parse_account(reference)
        except ValueError:
            return None
        return handle_of(found.handle) if found.platform == "mastodon" and found.handle else None

    async def hashtag_posts(
        self, tag: str, cursor: str | None = None, *, spellings: Sequence[str] = ()
    ) -> Page[PostRecord]:
        """See Connector. The servers take turns, a page each; one that cannot be read is left out, and told.

        Servers fold case and Latin accents themselves; spellings that differ beyond that are asked in the same call.
        """
        try:
            path = HASHTAG + url_term(self.platform, tag)
            wanted = normalise(search_term(self.platform, tag))
        except ValueError as error:
            raise Unsupported(self.platform, HASHTAG, str(error)) from error
        further = _further(self.platform, spellings, than=wanted)
        params = [("any[]", one.display) for one in further]
        folds = {wanted.fold, *(one.fold for one in further)}
        turns = read_turns(cursor, self._client.servers)
        limited: list[RateLimited] = []
        lost: list[ConnectorError] = []
        for _ in range(len(turns)):
            turn = turns.popleft()
            try:
                page, following = await self._hashtag_page(turn, path, params, folds)
            except RateLimited as error:
                limited.append(error)
                turns.append(turn)
                continue
            except ConnectorError as error:
                lost.append(error)
                continue
            if following is not None:
                turns.append(following)
            told = (*page.warnings, *(f"left out: {error}" for error in lost))
            exhausted = False if turns else None if lost or page.exhausted is None else True
            return replace(page, next_cursor=write_turns(turns), exhausted=exhausted, warnings=told)
        if limited:
            raise min(limited, key=lambda error: error.retry_at)
        if lost:
            raise lost[0]
        return Page(exhausted=None, coverage=Coverage.PARTIAL, truncated_reason="its servers are not read any more")

    async def _hashtag_page(
        self, turn: Turn, path: str, params: list[tuple[str, str]], folds: set[str]
    ) -> tuple[Page[PostRecord], Turn | None]:
        server = self._client.servers[turn.host]
        try:
            answer = await self._client.get(server, path, _timeline(params, turn))
        except AuthenticationNeeded:
            # a server may keep what it has from others to its users, and show strangers its own
            if turn.local_only or server.token or (await self._client.software(server)).needs_token:
                raise
            turn = replace(turn, local_only=True)
            answer = await self._client.get(server, path, _timeline(params, turn))
        seen = self._client.seen(server, HASHTAG)
        sources = self._client.items(answer, endpoint=HASHTAG)
        found = [post for source in sources if (post := read_status(source, seen))]
        kept = tuple(post for post in found if folds & {tag.fold for tag in normalise_all(_displays(post))})
        software = await self._client.software(server)
        max_id = next_max_id(answer, sources, software, full=STATUSES_PAGE)
        warnings = []
        if len(kept) < len(found):
            warnings.append(f"{len(found) - len(kept)} of {len(found)} posts did not carry what was searched for")
        after, fault = turn.position.after(max_id, items=len(sources))
        if fault:
            warnings.append(f"{turn.host}: {fault}")
        if turn.local_only:
            warnings.append(f"without a token {turn.host} shows its own accounts' posts only")
        page = Page(
            items=kept,
            exhausted=None if fault else after is None,
            coverage=Coverage.WINDOW if software.hashtag_window else Coverage.PARTIAL,
            truncated_reason=software.hashtag_window or ONE_VIEW,
            warnings=tuple(warnings),
        )
        return page, None if after is None else replace(turn, position=after)

    async def post_comments(self, post_id: str, cursor: str | None = None) -> Page[CommentRecord]:
        """See Connector. The server answers with all that it shows at once: there is no second page."""
        if cursor is not None:
            raise ValueError("not a cursor of this connector")
        place = await locate_status(self._client, post_id)
        path = f"{STATUSES}/{place.local_id}/context"
        answer = await self._client.get(place.server, path)
        descendants = self._client.listed(answer, "descendants", endpoint=path)
        uri = place.key or post_id
        comments = read_comments(
            descendants, self._client.seen(place.server, "context"), post_id=uri, local_id=place.local_id
        )
        reasons = await self._missing_answers(place.server, uri, answer, shown=len(descendants))
        if not_public := sum(1 for one in descendants if one.get("visibility", "public") not in PUBLIC):
            reasons.append(f"{not_public} answers are not public")
        return Page(
            items=comments,
            exhausted=True,
            coverage=Coverage.PARTIAL if reasons else Coverage.FULL,
            truncated_reason="; ".join(reasons) or None,
            warnings=tuple(reasons),
        )

    async def _missing_answers(self, server: Server, uri: str, answer: HttpResponse, *, shown: int) -> list[str]:
        """Why the answers shown need not be all."""
        software = await self._client.software(server)
        reasons = []
        most = software.answers_cut_at[1 if server.token else 0]
        if shown >= most:
            reasons.append(f"{server.host} shows {most} answers at most")
        if software.direct_answers_only:
            reasons.append(f"{software.name} shows no answers to answers")
        if uri.partition("://")[2].partition("/")[0].lower() != server.host:
            reasons.append(f"{server.host} knows the answers that reached it")
        if refresh := answer.headers.get(ASYNC_REFRESH):
            reasons.append(f"{server.host} is fetching more answers, ask again ({refresh[:100]})")
        return reasons

    async def profiles(self, ids: Sequence[str]) -> Page[CreatorRecord]:
        """See Connector. References are asked in batches; any other id costs a call, and one more for each server that
        does not know it."""
        found: dict[str, CreatorRecord] = {}
        missing: list[str] = []
        unasked: list[str] = []
        batches: dict[str, dict[str, str]] = {}
        for one in dict.fromkeys(ids):
            key, hints = unpack(one)
            if place := known_place(self._client, key, hints):
                batches.setdefault(place.server.host, {})[place.local_id] = one
                continue
            try:
                found[one] = (await find_account(self._client, key))[1]
            except NotFound:
                missing.append(one)
            except Unsupported:
                unasked.append(one)
        for host, named in batches.items():
            found |= await self._batch(self._client.servers[host], ACCOUNTS, named, read_account)
            missing += [one for one in named.values() if one not in found]
        return _by_ids(found, missing, unasked)

    async def posts(self, ids: Sequence[str]) -> Page[PostRecord]:
        """See Connector. Posts that no server can be asked about are told in a warning: they are not `missing`."""
        found: dict[str, PostRecord] = {}
        missing: list[str] = []
        unasked: list[str] = []
        batches: dict[str, dict[str, str]] = {}
        for one in dict.fromkeys(ids):
            uri, hints = unpack(one)
            try:
                place = (
                    known_place(self._client, uri, hints)
                    or own_place(self._client, uri)
                    or await locate_status(self._client, uri)
                )
            except (NotFound, Unsupported):
                # that no server finds its address is no proof: its own server may be away
                unasked.append(one)
            else:
                batches.setdefault(place.server.host, {})[place.local_id] = one
        for host, named in batches.items():
            found |= await self._batch(self._client.servers[host], STATUSES, named, read_status)
            missing += [one for one in named.values() if one not in found]
        return _by_ids(found, missing, unasked)

    async def _batch(
        self, server: Server, path: str, named: Mapping[str, str], read: Callable[[Any, Seen], Record | None]
    ) -> dict[str, Record]:
        """What a server shows of these, by what asked for them; older servers are asked for each by itself."""
        seen, sources, local_ids = self._client.seen(server, path), [], list(named)
        for start in range(0, len(local_ids), BATCH_SIZE):
            asked = local_ids[start : start + BATCH_SIZE]
            try:
                answer = await self._client.get(server, path, [("id[]", one) for one in asked])
                sources += self._client.items(answer, endpoint=path)
            except NotFound:
                for one in asked:
                    try:
                        answer = await self._client.get(server, f"{path}/{one}")
                    except NotFound:
                        continue
                    sources.append(self._client.object(answer, endpoint=path))
        return {
            named[local_id]: record
            for source in sources
            if (local_id := filled(source, "id")) in named and local_id and (record := read(source, seen))
        }

    async def author_posts(self, author_id: str, cursor: str | None = None) -> Page[PostRecord]:
        """See Connector."""
        position = ListPosition.decode(cursor)
        if cursor is None:
            place = await locate_account(self._client, author_id)
            own = (place.key or "").endswith(f"@{place.server.host}") or own_place(self._client, place.key or "")
            position = ListPosition(host=place.server.host, local_id=place.local_id, own=bool(own))
        path = f"{ACCOUNTS}/{position.local_id}/statuses"
        params = [("exclude_replies", "true"), ("exclude_reblogs", "true"), ("limit", str(STATUSES_PAGE))]
        page = await self._listing(position, path, params, read_status, full=STATUSES_PAGE)
        return (
            replace(page, coverage=Coverage.FULL, truncated_reason=None) if position.own and not page.warnings else page
        )

    async def quotes(self, post_id: str, cursor: str | None = None) -> Page[PostRecord]:
        """See Connector."""
        position = await self._status_position(post_id, cursor)
        software = await self._client.software(self._server(position))
        path = f"{STATUSES}/{position.local_id}/quotes"
        if not software.lists_quotes:
            raise self._client.unsupported(path, f"{software.name} lists no quotes")
        return await self._listing(position, path, [("limit", str(STATUSES_PAGE))], read_status, full=STATUSES_PAGE)

    async def reactors(self, post_id: str, cursor: str | None = None) -> Page[CreatorRecord]:
        """See Connector. First who favourited it, then who boosted it."""
        position = await self._status_position(post_id, cursor)
        path = f"{STATUSES}/{position.local_id}/{'reblogged_by' if position.reposts else 'favourited_by'}"
        page = await self._listing(position, path, [("limit", str(ACCOUNTS_PAGE))], read_account, full=ACCOUNTS_PAGE)
        if position.reposts or page.next_cursor is not None:
            return page
        following = ListPosition(host=position.host, local_id=position.local_id, reposts=True)
        return replace(page, next_cursor=following.encode(), exhausted=False)

    async def followers(self, account_id: str, cursor: str | None = None) -> Page[CreatorRecord]:
        """See Connector. An account that hides its followers shows none: an empty first page says nothing."""
        position = ListPosition.decode(cursor)
        if cursor is None:
            place = await locate_account(self._client, account_id)
            position = ListPosition(host=place.server.host, local_id=place.local_id)
        path = f"{ACCOUNTS}/{position.local_id}/followers"
        page = await self._listing(position, path, [("limit", str(ACCOUNTS_PAGE))], read_account, full=ACCOUNTS_PAGE)
        if cursor is None and not page.items:
            hidden = "an account may hide its followers"
            return replace(page, coverage=Coverage.PARTIAL, truncated_reason=hidden, warnings=(hidden,))
        return page

    async def _status_position(self, post_id: str, cursor: str | None) -> ListPosition:
        if cursor is not None:
            return ListPosition.decode(cursor)
        place = await locate_status(self._client, post_id)
        return ListPosition(host=place.server.host, local_id=place.local_id)

    def _server(self, position: ListPosition) -> Server:
        if position.host not in self._client.servers:
            raise self._client.unsupported("page", f"the server {position.host} is not read any more")
        return self._client.servers[position.host]

    async def _listing(
        self,
        position: ListPosition,
        path: str,
        params: list[tuple[str, str]],
        read: Callable[[Any, Seen], Record | None],
        *,
        full: int,
    ) -> Page[Record]:
        server = self._server(position)
        if position.platform_cursor is not None:
            params = [*params, ("max_id", position.platform_cursor)]
        answer = await self._client.get(server, path, params)
        sources = self._client.items(answer, endpoint=path)
        seen = self._client.seen(server, path)
        max_id = next_max_id(answer, sources, await self._client.software(server), full=full)
        after, warning = position.after(max_id, items=len(sources))
        return Page(
            items=tuple(record for source in sources if (record := read(source, seen))),
            next_cursor=after.encode() if after else None,
            exhausted=None if warning else after is None,
            coverage=Coverage.PARTIAL,
            truncated_reason=warning or ONE_VIEW,
            warnings=(warning,) if warning else (),
        )


def _timeline(params: list[tuple[str, str]], turn: Turn) -> list[tuple[str, str]]:
    """All parameters of a page, each time: a server's own link to it leaves some out."""
    asked = [*params, ("limit", str(STATUSES_PAGE)), ("only_media", "false")]
    if turn.local_only:
        asked.append(("local", "true"))
    max_id = turn.position.platform_cursor
    return [*asked, ("max_id", max_id)] if max_id else asked


def _further(platform: str, spellings: Sequence[str], *, than: Tag) -> list[Tag]:
    """Spellings that the server's own folding does not already cover, one of each fold."""
    found = {than.fold: than}
    for one in normalise_all(spellings):
        try:
            tag = normalise(search_term(platform, one.display))
        except ValueError:
            continue
        found.setdefault(tag.fold, tag)
    return list(found.values())[1 : 1 + MOST_SPELLINGS]


def _displays(post: PostRecord) -> list[str]:
    return [hashtag.display for hashtag in post.hashtags]


def _by_ids(found: Mapping[str, Record], missing: Sequence[str], unasked: Sequence[str]) -> Page[Record]:
    warning = f"{len(unasked)} were not asked about: none of their servers is read" if unasked else None
    return Page(
        items=tuple(found.values()),
        exhausted=True,
        coverage=Coverage.PARTIAL if unasked else Coverage.FULL,
        truncated_reason=warning,
        missing=tuple(missing),
        warnings=(warning,) if warning else (),
    )
