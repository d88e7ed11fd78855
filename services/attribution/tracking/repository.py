"""Every SQL statement about links, codes, hashtags and the directory of slugs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import and_, delete, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.tracking import CodeRow as CodeRow
from services.attribution.tables.tracking import HashtagRow as HashtagRow
from services.attribution.tables.tracking import LinkChangeRow as LinkChangeRow
from services.attribution.tables.tracking import LinkRow as LinkRow
from services.attribution.tables.tracking import SlugRow
from shared.kit.pages import PageRequest

# Web processes that cache links listen here; the payload is `host/slug`, or `*` when many links changed at once.
LINKS_CHANNEL = "gs_attribution_links"
ALL_LINKS = "*"


class RedirectTarget(NamedTuple):
    """A link as redirects see it; `slug` is in lower case."""

    host: str
    slug: str
    workspace_id: UUID
    id: UUID
    destination_url: str
    utm: dict[str, str]
    click_parameter: str
    starts_at: datetime | None
    ends_at: datetime | None
    expired_url: str | None
    capped_url: str | None
    capped_at: datetime | None
    disabled: bool


Asset = TypeVar("Asset", LinkRow, CodeRow, HashtagRow)


async def take_slug(
    session: AsyncSession, *, host: str, slug: str, skeleton: str, kind: str, workspace_id: UUID, target_id: UUID
) -> bool:
    """False when the slug, or one that looks like it, is taken on this host, by whichever workspace."""
    done = await session.execute(
        insert(SlugRow)
        .values(
            host=host, slug=slug.lower(), skeleton=skeleton, kind=kind, workspace_id=workspace_id, target_id=target_id
        )
        .on_conflict_do_nothing()
        .returning(SlugRow.slug)
    )
    return done.first() is not None


async def free_slug(session: AsyncSession, *, host: str, slug: str) -> None:
    await session.execute(delete(SlugRow).where(SlugRow.host == host, SlugRow.slug == slug.lower()))


async def add_link(session: AsyncSession, **values: Any) -> LinkRow:  # noqa: ANN401  # the row's own columns
    row = LinkRow(**values)
    session.add(row)
    await session.flush()
    await announce_link(session, host=row.host, slug=row.slug)
    return row


async def announce_link(session: AsyncSession, *, host: str, slug: str) -> None:
    """Tell the web processes, when this transaction commits, to read the link again."""
    await session.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": LINKS_CHANNEL, "payload": f"{host}/{slug.lower()}"}
    )


async def announce_all_links(session: AsyncSession) -> None:
    """Tell the web processes, when this transaction commits, to read all links again."""
    await session.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": LINKS_CHANNEL, "payload": ALL_LINKS}
    )


async def add_link_change(
    session: AsyncSession, *, row: LinkRow, before: Mapping[str, Any], at: datetime, by: UUID | None
) -> None:
    session.add(
        LinkChangeRow(
            workspace_id=row.workspace_id, link_id=row.id, version=row.version, before=dict(before), at=at, by=by
        )
    )
    await session.flush()


async def link_changes(session: AsyncSession, *, link_id: UUID, page: PageRequest) -> Sequence[LinkChangeRow]:
    query = select(LinkChangeRow).where(LinkChangeRow.link_id == link_id).order_by(LinkChangeRow.version)
    if page.after:
        query = query.where(LinkChangeRow.version > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def add_code(session: AsyncSession, **values: Any) -> CodeRow | None:  # noqa: ANN401  # the row's own columns
    """None when the campaign has this code."""
    done = await session.execute(
        insert(CodeRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "campaign_id", "code_key"])
        .returning(CodeRow)
    )
    return done.scalar_one_or_none()


async def code_is_taken(session: AsyncSession, *, code_key: str) -> bool:
    """Whether any campaign of the workspace has this code."""
    query = select(CodeRow.id).where(CodeRow.code_key == code_key).limit(1)
    return (await session.execute(query)).first() is not None


async def add_hashtag(session: AsyncSession, **values: Any) -> HashtagRow | None:  # noqa: ANN401  # the row's own columns
    """None when the workspace has a hashtag with this key."""
    done = await session.execute(
        insert(HashtagRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "key"])
        .returning(HashtagRow)
    )
    return done.scalar_one_or_none()


async def link(session: AsyncSession, *, link_id: UUID, lock: bool = False) -> LinkRow | None:
    query = select(LinkRow).where(LinkRow.id == link_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def code(session: AsyncSession, *, code_id: UUID, lock: bool = False) -> CodeRow | None:
    query = select(CodeRow).where(CodeRow.id == code_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def hashtag(session: AsyncSession, *, hashtag_id: UUID, lock: bool = False) -> HashtagRow | None:
    query = select(HashtagRow).where(HashtagRow.id == hashtag_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def links(
    session: AsyncSession, *, partnership_id: UUID | None, campaign_id: UUID | None, page: PageRequest
) -> Sequence[LinkRow]:
    return await _page(session, LinkRow, partnership_id=partnership_id, campaign_id=campaign_id, page=page)


async def codes(
    session: AsyncSession, *, partnership_id: UUID | None, campaign_id: UUID | None, page: PageRequest
) -> Sequence[CodeRow]:
    return await _page(session, CodeRow, partnership_id=partnership_id, campaign_id=campaign_id, page=page)


async def hashtags(
    session: AsyncSession, *, partnership_id: UUID | None, campaign_id: UUID | None, page: PageRequest
) -> Sequence[HashtagRow]:
    return await _page(session, HashtagRow, partnership_id=partnership_id, campaign_id=campaign_id, page=page)


async def codes_by_key(session: AsyncSession, *, keys: Iterable[str]) -> Sequence[CodeRow]:
    """Codes of the workspace with one of these keys; several campaigns may have the same one."""
    return (await session.scalars(select(CodeRow).where(CodeRow.code_key.in_(list(keys))).order_by(CodeRow.id))).all()


async def hashtags_by_key(session: AsyncSession, *, keys: Iterable[str]) -> Sequence[HashtagRow]:
    return (await session.scalars(select(HashtagRow).where(HashtagRow.key.in_(list(keys))))).all()


async def links_by_id(session: AsyncSession, *, link_ids: Iterable[UUID]) -> Sequence[LinkRow]:
    return (await session.scalars(select(LinkRow).where(LinkRow.id.in_(list(link_ids))))).all()


async def all_of_campaign(session: AsyncSession, kind: type[Asset], *, campaign_id: UUID) -> Sequence[Asset]:
    return (await session.scalars(select(kind).where(kind.campaign_id == campaign_id).order_by(kind.id))).all()


async def redirect_targets(
    session: AsyncSession, *, keys: Iterable[tuple[str, str]] | None, limit: int
) -> Sequence[RedirectTarget]:
    """As owner: the newest `limit` links of all workspaces, oldest first; or those of these (host, slug)."""
    query = (
        select(
            SlugRow.host, SlugRow.slug, LinkRow.workspace_id, LinkRow.id, LinkRow.destination_url, LinkRow.utm,
            LinkRow.click_parameter, LinkRow.starts_at, LinkRow.ends_at, LinkRow.expired_url, LinkRow.capped_url,
            LinkRow.capped_at, LinkRow.disabled,
        )
        .join(LinkRow, and_(LinkRow.workspace_id == SlugRow.workspace_id, LinkRow.id == SlugRow.target_id))
        .where(SlugRow.kind == "link")
    )  # fmt: skip
    if keys is None:
        query = query.order_by(LinkRow.id.desc()).limit(limit)
    else:
        query = query.where(tuple_(SlugRow.host, SlugRow.slug).in_(list(keys)))
    rows = (await session.execute(query)).all()
    return [RedirectTarget(*row) for row in reversed(rows)]


async def _page(
    session: AsyncSession, kind: type[Asset], *, partnership_id: UUID | None, campaign_id: UUID | None,
    page: PageRequest,
) -> Sequence[Asset]:  # fmt: skip
    query = select(kind).order_by(kind.id)
    if partnership_id is not None:
        query = query.where(kind.partnership_id == partnership_id)
    if campaign_id is not None:
        query = query.where(kind.campaign_id == campaign_id)
    if page.after:
        query = query.where(kind.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()
