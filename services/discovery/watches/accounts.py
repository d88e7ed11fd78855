"""One look at the accounts of a watch: profiles in batches, then new posts; each answer is stored as a whole."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.connector import Connector, ConnectorError, PlatformFault, RateLimited, Unsupported
from services.discovery.creators import service as creators
from services.discovery.events import service as events
from services.discovery.events.service import NewEvent
from services.discovery.records import CreatorRecord, PostRecord
from services.discovery.rows import count_texts
from services.discovery.watches import repository
from services.discovery.watches.repository import AccountRow, WatchRow
from services.discovery.watches.service import connector_of, following
from shared.kit.runtime import Runtime
from shared.schemas.events import EventKind

PAGES = 5
"""Pages of one account's posts that one look reads at most; where that is not enough the watch says so."""
AT_ONCE = 1_000
_AGAIN = timedelta(minutes=15)


@dataclass
class Look:
    """One worker on one watch."""

    runtime: Runtime
    row: WatchRow
    now: datetime
    _shared: dict[UUID, datetime] = field(default_factory=dict)

    async def make(self) -> None:
        """Look at every account that is due. What a platform does not allow now waits until it does."""
        async with self._session() as session:
            due = await repository.due_accounts(session, watch_id=self.row.id, now=self.now, limit=AT_ONCE)
            ids = [one.creator_id for one in due if one.creator_id is not None]
            self._shared = await repository.read_at(session, creator_ids=ids)
            session.expunge_all()
        for platform, accounts in groupby(due, key=lambda one: one.platform):
            await self._platform(platform, list(accounts))

    def _session(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self.runtime.database.tenant_session(self.row.workspace_id)

    async def _platform(self, platform: str, accounts: list[AccountRow]) -> None:
        fresh = self.now - timedelta(hours=self.row.every_hours) / 2
        left = [one for one in accounts if not self._read_by_another(one, fresh)]
        for one in accounts:
            if one not in left:
                await self._done(one, None)
        try:
            connector = connector_of(self.runtime, self.row.workspace_id, platform)
        except (KeyError, ValueError) as error:
            for one in left:
                await self._done(one, f"{platform} cannot be asked: {error}")
            return
        size = connector.profile_batch
        for start in range(0, len(left), size):
            batch = left[start : start + size]
            try:
                await self._batch(connector, batch)
            except RateLimited as error:
                await self._later(left[start:], error.retry_at, str(error))
                return

    def _read_by_another(self, account: AccountRow, since: datetime) -> bool:
        """Whether another watch of the workspace read this creator in this span: its calls are not made twice."""
        read = self._shared.get(account.creator_id) if account.creator_id is not None else None
        return read is not None and read > since and account.last_run_at is not None

    async def _batch(self, connector: Connector, batch: list[AccountRow]) -> None:
        """Profiles and their numbers, then the posts of each. Raises RateLimited."""
        asked = [one.platform_id or _named(connector, one.handle or "") for one in batch]
        try:
            page = await connector.profiles(asked)
            records = page.items
        except RateLimited:
            raise
        except Unsupported:
            records = ()
        except ConnectorError as error:
            await self._failed(batch, error)
            return
        found = await self._store_profiles(connector, batch, asked, records)
        for number, one in enumerate(batch):
            known = found.get(number)
            if known is None and one.creator_id is None:
                await self._done(one, f"not found on {connector.platform}, or it does not want to be found")
                continue
            creator_id, platform_id = known or (one.creator_id, one.platform_id)
            if creator_id is None or platform_id is None:
                await self._done(one, f"not found on {connector.platform}")
                continue
            missing = None if known or not records else f"not found on {connector.platform} any more"
            try:
                gap = await self._posts(connector, creator_id, platform_id)
            except RateLimited as error:
                await self._later(batch[number:], error.retry_at, str(error))
                raise
            except Unsupported:
                gap = None
            except ConnectorError as error:
                await self._failed([one], error)
                continue
            await self._done(one, missing or gap)

    async def _store_profiles(
        self, connector: Connector, batch: Sequence[AccountRow], asked: Sequence[str],
        records: Sequence[CreatorRecord],
    ) -> dict[int, tuple[UUID, str]]:  # fmt: skip
        """Store profiles and today's numbers; the creator of each account by its place in the batch."""
        by_name = {name.lower(): one for one in records for name in (one.platform_id, one.handle) if name}
        matched: dict[int, CreatorRecord] = {}
        for number, (account, name) in enumerate(zip(batch, asked, strict=True)):
            record = by_name.get(name.lower()) or by_name.get((account.handle or "").lower())
            if record is not None:
                matched[number] = record
        readings = await creators.read(creators=records)
        expires_at = _expiry(connector, self.now)
        found: dict[int, tuple[UUID, str]] = {}
        async with self._session() as session:
            await creators.store(
                session, workspace_id=self.row.workspace_id, readings=readings, source=connector.platform,
                expires_at=expires_at, comments_expire_at=None,
            )  # fmt: skip
            known = await repository.known_creators(
                session, workspace_id=self.row.workspace_id,
                accounts=[
                    {"number": number, "platform": connector.platform, "platform_id": record.platform_id}
                    for number, record in matched.items()
                ],
            )  # fmt: skip
            for one in known:
                # a late answer tells of an account that is gone by now
                if one.opted_out or one.gone_at is not None:
                    continue
                record = matched[one.number]
                found[one.number] = (one.id, one.platform_id)
                await repository.set_account(
                    session, row=batch[one.number], creator_id=one.id, platform_id=record.platform_id,
                    handle=record.handle or batch[one.number].handle,
                )  # fmt: skip
                await self._snapshot(session, one.id, record, expires_at)
        return found

    async def _snapshot(
        self, session: AsyncSession, creator_id: UUID, record: CreatorRecord, expires_at: datetime | None
    ) -> None:
        """The day's numbers, told once. A number that was not to be had today is not the one of yesterday."""
        counts, withheld = (orjson.loads(one) for one in count_texts(record.counts))
        observed_at = record.origin.fetched_at
        is_first = await repository.add_snapshot(
            session, workspace_id=self.row.workspace_id, creator_id=creator_id,
            day=observed_at.astimezone(UTC).date(), counts=counts, withheld=withheld, observed_at=observed_at,
            expires_at=expires_at,
        )  # fmt: skip
        if is_first:
            watches = await repository.watches_of(session, workspace_id=self.row.workspace_id, creator_id=creator_id)
            data = {"counts": _stamped(counts, observed_at), "withheld": _stamped(withheld, observed_at)}
            event = NewEvent(
                type=EventKind.CREATOR_SNAPSHOT, creator_id=creator_id, watch_ids=[one.id for one in watches], data=data
            )
            await events.publish(session, workspace_id=self.row.workspace_id, found=[event])

    async def _posts(self, connector: Connector, creator_id: UUID, platform_id: str) -> str | None:
        """Read back to the last look, or to the beginning of the watch; says what lies between when that is too far."""
        async with self._session() as session:
            watches = await repository.watches_of(session, workspace_id=self.row.workspace_id, creator_id=creator_id)
            last = (await repository.read_at(session, creator_ids=[creator_id])).get(creator_id)
        until = last or min((one.created_at for one in watches), default=self.now)
        cursor: str | None = None
        gap = None
        for number in range(PAGES):
            page = await connector.author_posts(platform_id, cursor)
            oldest = next((post.created_at for post in reversed(page.items) if post.created_at is not None), None)
            await self._store_posts(connector, creator_id, page.items, begun=last)
            cursor = page.next_cursor
            if cursor is None or (oldest is not None and oldest < until):
                break
            if number == PAGES - 1:
                since = f"{oldest:%Y-%m-%dT%H:%M:%SZ}" if oldest else "an unknown time"
                gap = f"posts between {until:%Y-%m-%dT%H:%M:%SZ} and {since} were too many to be read"
        async with self._session() as session:
            await repository.set_read(session, workspace_id=self.row.workspace_id, creator_id=creator_id, at=self.now)
            await self._tell_returned(session, connector, creator_id)
        return gap

    async def _tell_returned(self, session: AsyncSession, connector: Connector, creator_id: UUID) -> None:
        """Posts that were told to be deleted and are there again, whatever call showed them, are told like new ones."""
        workspace_id = self.row.workspace_id
        post_ids = await events.told_deleted(session, workspace_id=workspace_id, creator_id=creator_id)
        posts = await creators.posts_by_id(session, workspace_id=workspace_id, post_ids=post_ids)
        await self._tell(session, connector, [one.platform_id for one in posts.values() if not one.stub])

    async def _store_posts(
        self, connector: Connector, creator_id: UUID, posts: Sequence[PostRecord], *, begun: datetime | None
    ) -> None:
        readings = await creators.read(posts=posts)
        async with self._session() as session:
            if begun is None:
                # before the first posts are stored, so that those without a time are no news
                await repository.set_read(
                    session, workspace_id=self.row.workspace_id, creator_id=creator_id, at=self.now
                )
            await creators.store(
                session, workspace_id=self.row.workspace_id, readings=readings, source=connector.platform,
                expires_at=_expiry(connector, self.now), comments_expire_at=None,
            )  # fmt: skip
            await self._tell(session, connector, [post.platform_id for post in posts])

    async def _tell(self, session: AsyncSession, connector: Connector, platform_ids: Sequence[str]) -> None:
        found = await repository.new_posts(
            session, workspace_id=self.row.workspace_id, platform=connector.platform, platform_ids=platform_ids
        )
        await events.publish(
            session, workspace_id=self.row.workspace_id,
            found=[
                NewEvent(
                    type=EventKind.POST_PUBLISHED, creator_id=one.author_id, post_id=one.id, watch_ids=one.watch_ids
                )
                for one in found
            ],
        )  # fmt: skip

    async def _failed(self, accounts: Sequence[AccountRow], error: ConnectorError) -> None:
        """What may pass is tried again soon, anything else at the next beat."""
        if isinstance(error, PlatformFault) and error.transient:
            await self._later(accounts, self.now + _AGAIN, str(error))
            return
        for one in accounts:
            await self._done(one, str(error))

    async def _later(self, accounts: Sequence[AccountRow], at: datetime, reason: str) -> None:
        async with self._session() as session:
            for one in accounts:
                await repository.set_account(session, row=one, next_run_at=at, error=reason[:1_000])

    async def _done(self, account: AccountRow, error: str | None) -> None:
        due_at = following(account.due_at, every_hours=self.row.every_hours, now=self.now)
        async with self._session() as session:
            await repository.set_account(
                session, row=account, due_at=due_at, next_run_at=due_at, last_run_at=self.now,
                error=error[:1_000] if error else None,
            )  # fmt: skip


def _named(connector: Connector, handle: str) -> str:
    return connector.account_id(handle) or handle


def _expiry(connector: Connector, now: datetime) -> datetime | None:
    return now + timedelta(days=connector.retain_days) if connector.retain_days is not None else None


def _stamped(counts: dict[str, dict[str, object]], at: datetime) -> dict[str, dict[str, object]]:
    """Counts with when they were seen, where the platform says nothing else."""
    return {
        name: {**count, "observed_at": count.get("observed_at") or at.isoformat()} for name, count in counts.items()
    }
