"""Tracking assets: links, promo codes and hashtags, each issued for one approved partnership."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.domains import service as domains
from services.attribution.partners import service as partners
from services.attribution.partnerships import service as partnerships
from services.attribution.tracking import csv_lines, destinations, promo, repository
from services.attribution.tracking.repository import ALL_LINKS as ALL_LINKS
from services.attribution.tracking.repository import LINKS_CHANNEL as LINKS_CHANNEL
from services.attribution.tracking.repository import CodeRow, HashtagRow, LinkRow
from services.attribution.tracking.repository import RedirectTarget as RedirectTarget
from shared.kit.errors import Conflict, Invalid, NotFound, Problem
from shared.kit.etags import require_match
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.settings import Settings
from shared.rules import slugs
from shared.rules.hashtags import normalise
from shared.schemas.base import Fault, rfc3339
from shared.schemas.tracking import (
    AssetState,
    CodeChange,
    CodeCreate,
    HashtagAssetChange,
    HashtagAssetCreate,
    LinkChange,
    LinkCreate,
    Utm,
)

_RANDOM_TRIES = 5
_URLS = ("destination_url", "expired_url", "capped_url")
# Fields of a change that null empties; for the others null is the same as leaving them out.
_CLEARABLE = frozenset({"label", "utm", "starts_at", "ends_at", "expired_url", "click_cap", "capped_url"})


def public_url(settings: Settings) -> str:
    """Where the public reaches links and pages, without a slash at its end."""
    return (settings.public_url or settings.url_of("attribution")).rstrip("/")


def public_address(settings: Settings, host: str, path: str) -> str:
    """A path on a branded host, or for `` on the installation's own."""
    own = public_url(settings)
    return f"{urlsplit(own).scheme}://{host}{path}" if host else own + path


async def create_link(session: AsyncSession, *, body: LinkCreate, settings: Settings, caller: Caller) -> LinkRow:
    """Raises NotFound, NotApproved, Conflict for a slug that is taken or looks like one, Invalid."""
    partnership = await partnerships.issuable(session, partnership_id=body.partnership_id)
    host = body.host or ""
    if host and not await domains.is_usable(session, host=host):
        raise Invalid(errors=[Fault(pointer="/host", detail="this host is not verified for the workspace")])
    _check_urls({name: getattr(body, name) for name in _URLS}, settings, host)
    campaign = await campaigns.get_campaign(session, campaign_id=partnership.campaign_id)
    link_id, now = new_id(), datetime.now(UTC)
    slug = await take_slug(session, host=host, wanted=body.slug, kind="link", caller=caller, target_id=link_id)
    utm = await _utm(
        session, utm=body.utm, partner_id=partnership.partner_id, campaign=campaign.name, slug=slug, label=body.label
    )
    return await repository.add_link(
        session,
        workspace_id=caller.workspace_id,
        id=link_id,
        partnership_id=partnership.id,
        campaign_id=partnership.campaign_id,
        host=host,
        slug=slug,
        destination_url=body.destination_url,
        label=body.label,
        utm=utm,
        click_parameter=body.click_parameter or campaign.click_parameter,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        expired_url=body.expired_url,
        click_cap=body.click_cap,
        capped_url=body.capped_url,
        capped_at=None,
        disabled=False,
        disclosure_text=partnership.disclosure_text,
        version=1,
        created_at=now,
        updated_at=now,
        created_by=caller.key_id,
    )


async def change_link(
    session: AsyncSession, *, link_id: UUID, change: LinkChange, if_match: str | None, settings: Settings,
    caller: Caller,
) -> LinkRow:  # fmt: skip
    """Fields left out stay, and what they were is kept. Raises NotFound, PreconditionFailed, Invalid."""
    row = await repository.link(session, link_id=link_id, lock=True)
    if row is None:
        raise NotFound("no such link")
    require_match(if_match, version=row.version)
    sent = {
        name: getattr(change, name)
        for name in change.model_fields_set
        if getattr(change, name) is not None or name in _CLEARABLE
    }
    _check_urls({name: sent.get(name) for name in _URLS}, settings, row.host)
    if "utm" in sent:
        partnership = await partnerships.get_partnership(session, partnership_id=row.partnership_id)
        campaign = await campaigns.get_campaign(session, campaign_id=row.campaign_id)
        sent["utm"] = await _utm(
            session, utm=sent["utm"] or Utm(), partner_id=partnership.partner_id, campaign=campaign.name,
            slug=row.slug, label=sent.get("label", row.label),
        )  # fmt: skip
    starts_at, ends_at = sent.get("starts_at", row.starts_at), sent.get("ends_at", row.ends_at)
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise Invalid(errors=[Fault(pointer="/ends_at", detail="lies before starts_at")])
    if "click_cap" in sent:
        # whether the new cap is reached is counted within a second
        row.capped_at = None
    now = datetime.now(UTC)
    row.version += 1
    await repository.add_link_change(
        session, row=row, before={name: _plain(getattr(row, name)) for name in sent}, at=now, by=caller.key_id
    )
    for name, value in sent.items():
        setattr(row, name, value)
    row.updated_at = now
    await session.flush()
    await repository.announce_link(session, host=row.host, slug=row.slug)
    return row


async def create_code(session: AsyncSession, *, body: CodeCreate, caller: Caller) -> CodeRow:
    """Raises NotFound, NotApproved, Conflict when the campaign has the code."""
    partnership = await partnerships.issuable(session, partnership_id=body.partnership_id)
    now = datetime.now(UTC)
    values = {
        **body.model_dump(exclude={"code", "prefix", "partnership_id"}),
        "workspace_id": caller.workspace_id,
        "partnership_id": partnership.id,
        "campaign_id": partnership.campaign_id,
        "disabled": False,
        "disclosure_text": partnership.disclosure_text,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "created_by": caller.key_id,
    }
    if body.code is not None:
        made = await repository.add_code(
            session, id=new_id(), code=body.code, code_key=promo.code_key(body.code), **values
        )
        if made is None:
            raise Conflict(f"the campaign has the code {body.code}")
        return made
    names = await partners.names(session, partner_ids=[partnership.partner_id])
    for _ in range(_RANDOM_TRIES):
        text = promo.from_random(body.prefix or names[partnership.partner_id], secrets.token_bytes(promo.ENTROPY_BYTES))
        key = promo.code_key(text)
        if not await repository.code_is_taken(session, code_key=key):
            made = await repository.add_code(session, id=new_id(), code=text, code_key=key, **values)
            if made is not None:
                return made
    raise Conflict("no free code was found; choose one")


async def change_code(session: AsyncSession, *, code_id: UUID, change: CodeChange, if_match: str | None) -> CodeRow:
    """Fields left out stay. Conversions that came before keep what they were given. NotFound, PreconditionFailed."""
    row = await repository.code(session, code_id=code_id, lock=True)
    if row is None:
        raise NotFound("no such code")
    require_match(if_match, version=row.version)
    for name in change.model_fields_set:
        value = getattr(change, name)
        if value is not None or name not in ("one_per_customer", "disabled"):
            setattr(row, name, value)
    faults = []
    if row.starts_at is not None and row.ends_at is not None and row.ends_at <= row.starts_at:
        faults.append(Fault(pointer="/ends_at", detail="lies before starts_at"))
    if row.amount_minor is not None and row.currency is None:
        faults.append(Fault(pointer="/currency", detail="an amount needs its currency"))
    if row.amount_minor is not None and row.percent_bp is not None:
        faults.append(Fault(pointer="/amount_minor", detail="either amount_minor or percent_bp, not both"))
    if faults:
        raise Invalid(errors=faults)
    row.version += 1
    row.updated_at = datetime.now(UTC)
    await session.flush()
    return row


async def change_hashtag(
    session: AsyncSession, *, hashtag_id: UUID, change: HashtagAssetChange, if_match: str | None
) -> HashtagRow:
    """Whether posts are matched with it from now on. Raises NotFound, PreconditionFailed."""
    row = await repository.hashtag(session, hashtag_id=hashtag_id, lock=True)
    if row is None:
        raise NotFound("no such hashtag")
    require_match(if_match, version=row.version)
    row.disabled = change.disabled
    row.version += 1
    await session.flush()
    return row


async def import_links(session: AsyncSession, *, content: bytes, settings: Settings, caller: Caller) -> list[LinkRow]:
    """Links from CSV, all or none. Invalid names the lines; NotFound, NotApproved and Conflict the first one."""
    made = []
    for number, body in csv_lines.read(content, LinkCreate):
        with _at_line(number):
            made.append(await create_link(session, body=body, settings=settings, caller=caller))
    return made


async def import_codes(session: AsyncSession, *, content: bytes, caller: Caller) -> list[CodeRow]:
    """Codes from CSV, all or none; errors as for links."""
    made = []
    for number, body in csv_lines.read(content, CodeCreate):
        with _at_line(number):
            made.append(await create_code(session, body=body, caller=caller))
    return made


@contextmanager
def _at_line(number: int) -> Iterator[None]:
    try:
        yield
    except Problem as problem:
        problem.detail = f"line {number}: {problem.detail}"
        raise


async def create_hashtag(session: AsyncSession, *, body: HashtagAssetCreate, caller: Caller) -> HashtagRow:
    """Raises NotFound, NotApproved, Invalid for what is no hashtag, Conflict for one that others use."""
    partnership = await partnerships.issuable(session, partnership_id=body.partnership_id)
    try:
        tag = normalise(body.hashtag)
    except ValueError as error:
        raise Invalid(errors=[Fault(pointer="/hashtag", detail=str(error))]) from None
    if tag.key in await campaigns.general_hashtags(session):
        raise Conflict("a brief searches by this hashtag: everybody uses it")
    made = await repository.add_hashtag(
        session,
        workspace_id=caller.workspace_id,
        id=new_id(),
        partnership_id=partnership.id,
        campaign_id=partnership.campaign_id,
        hashtag=tag.display,
        key=tag.key,
        disabled=False,
        disclosure_text=partnership.disclosure_text,
        created_at=datetime.now(UTC),
        created_by=caller.key_id,
    )
    if made is None:
        raise Conflict("another partnership has this hashtag, or one that reads the same")
    return made


async def forget_cached_links(session: AsyncSession) -> None:
    """Let every web process read all links again, as after the deletion of a workspace."""
    await repository.announce_all_links(session)


async def redirect_targets(
    session: AsyncSession, *, keys: Iterable[tuple[str, str]] | None, limit: int
) -> Sequence[RedirectTarget]:
    """What redirects need, for these hosts and slugs or for the newest `limit` links of all workspaces."""
    return await repository.redirect_targets(session, keys=keys, limit=limit)


def redirect_url(url: str) -> str:
    """An accepted address in the form that goes into a Location header."""
    return destinations.checked(url)


def redirect_around(target: RedirectTarget) -> destinations.Around:
    """The destination with its UTM fields, cut where the click id goes."""
    url = destinations.with_fields(
        destinations.checked(target.destination_url), {f"utm_{name}": text for name, text in target.utm.items()}
    )
    return destinations.around_click_id(url, target.click_parameter)


async def get_link(session: AsyncSession, *, link_id: UUID) -> LinkRow:
    """Raises NotFound, also for another workspace's link."""
    row = await repository.link(session, link_id=link_id)
    if row is None:
        raise NotFound("no such link")
    return row


async def get_code(session: AsyncSession, *, code_id: UUID) -> CodeRow:
    """Raises NotFound, also for another workspace's code."""
    row = await repository.code(session, code_id=code_id)
    if row is None:
        raise NotFound("no such code")
    return row


async def get_hashtag(session: AsyncSession, *, hashtag_id: UUID) -> HashtagRow:
    """Raises NotFound, also for another workspace's hashtag."""
    row = await repository.hashtag(session, hashtag_id=hashtag_id)
    if row is None:
        raise NotFound("no such hashtag")
    return row


def code_key(code: str) -> str:
    """What all spellings of one code share; other nouns compare codes by it."""
    return promo.code_key(code)


async def codes_by_text(session: AsyncSession, *, codes: Iterable[str]) -> Sequence[CodeRow]:
    """Codes of the workspace that are spelt like one of these; several campaigns may have the same."""
    return await repository.codes_by_key(session, keys={promo.code_key(code) for code in codes})


async def hashtags_by_key(session: AsyncSession, *, keys: Iterable[str]) -> Sequence[HashtagRow]:
    """Hashtags of partnerships with one of these keys (shared/rules/hashtags)."""
    return await repository.hashtags_by_key(session, keys=keys)


async def links_by_id(session: AsyncSession, *, link_ids: Iterable[UUID]) -> Sequence[LinkRow]:
    return await repository.links_by_id(session, link_ids=link_ids)


async def links_of_campaign(session: AsyncSession, *, campaign_id: UUID) -> Sequence[LinkRow]:
    return await repository.all_of_campaign(session, LinkRow, campaign_id=campaign_id)


async def codes_of_campaign(session: AsyncSession, *, campaign_id: UUID) -> Sequence[CodeRow]:
    return await repository.all_of_campaign(session, CodeRow, campaign_id=campaign_id)


async def codes_for_export(session: AsyncSession, *, campaign_id: UUID) -> Sequence[CodeRow]:
    """The campaign's codes that are not disabled. Raises NotFound."""
    await campaigns.get_campaign(session, campaign_id=campaign_id)
    return [code for code in await codes_of_campaign(session, campaign_id=campaign_id) if not code.disabled]


async def hashtags_of_campaign(session: AsyncSession, *, campaign_id: UUID) -> Sequence[HashtagRow]:
    return await repository.all_of_campaign(session, HashtagRow, campaign_id=campaign_id)


def state_of(row: LinkRow | CodeRow | HashtagRow, *, now: datetime) -> AssetState:
    """Whether the asset counts at `now`."""
    if row.disabled:
        return AssetState.DISABLED
    if isinstance(row, HashtagRow):
        return AssetState.ACTIVE
    if row.ends_at is not None and row.ends_at <= now:
        return AssetState.EXPIRED
    if row.starts_at is not None and row.starts_at > now:
        return AssetState.SCHEDULED
    if isinstance(row, LinkRow) and row.capped_at is not None:
        return AssetState.CAPPED
    return AssetState.ACTIVE


async def take_slug(
    session: AsyncSession, *, host: str, wanted: str | None, kind: str, caller: Caller, target_id: UUID
) -> str:
    """Enter a chosen or a random slug of a host (`` is the installation's own) into the directory.

    Invalid when reserved, Conflict when taken or look-alike.
    """

    async def take(slug: str) -> bool:
        return await repository.take_slug(
            session, host=host, slug=slug, skeleton=slugs.skeleton(slug), kind=kind,
            workspace_id=caller.workspace_id, target_id=target_id,
        )  # fmt: skip

    if wanted is not None:
        try:
            slug = slugs.check(wanted)
        except ValueError as error:
            raise Invalid(errors=[Fault(pointer="/slug", detail=str(error))]) from None
        if not await take(slug):
            raise Conflict(f"the slug {slug}, or one that looks like it, is taken")
        return slug
    for _ in range(_RANDOM_TRIES):
        slug = slugs.from_random(secrets.token_bytes(8))
        if await take(slug):
            return slug
    raise Conflict("no free slug was found; choose one")


async def _utm(
    session: AsyncSession, *, utm: Utm, partner_id: UUID, campaign: str, slug: str, label: str | None
) -> dict[str, str]:
    name = (await partners.names(session, partner_ids=[partner_id]))[partner_id]
    values = {"campaign": campaign, "partner": name, "slug": slug, "label": label or ""}
    try:
        return destinations.filled(utm.model_dump(), values)
    except ValueError as error:
        raise Invalid(errors=[Fault(pointer="/utm", detail=str(error))]) from None


def _check_urls(urls: dict[str, str | None], settings: Settings, host: str) -> None:
    own = frozenset({urlsplit(public_url(settings)).netloc, host or "-"})
    faults = []
    for name, url in urls.items():
        try:
            if url is not None:
                destinations.checked(url, own_hosts=own)
        except ValueError as error:
            faults.append(Fault(pointer=f"/{name}", detail=str(error)))
    if faults:
        raise Invalid(errors=faults)


def _plain(value: Any) -> Any:  # noqa: ANN401  # a column's value on its way into JSON
    return rfc3339(value) if isinstance(value, datetime) else value
