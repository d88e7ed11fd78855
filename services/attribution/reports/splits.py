"""A creator's line split by account, asset and day, and the totals by day. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from services.attribution.reports.facts import Account
from services.attribution.reports.figures import unavailable
from services.attribution.reports.lines import Frame, Matter, columns
from shared.schemas.ids import encode
from shared.schemas.reports import (
    AssetKind,
    Figure,
    ReportAccount,
    ReportAsset,
    ReportColumns,
    ReportDay,
    ReportEngagement,
)

_PREFIX = {AssetKind.LINK: "lnk", AssetKind.CODE: "cod", AssetKind.PAGE: "pag", AssetKind.HASHTAG: "hsh"}
_NOT_BY_ACCOUNT = "assets belong to a creator, not to one account"
_NOT_BY_ASSET = "posts belong to a creator, not to one asset"


def by_account(matter: Matter, accounts: Iterable[Account], frame: Frame) -> tuple[ReportAccount, ...]:
    """Posts and promises of each account; what assets measured is not split by account, and says so."""
    lines = []
    for account in accounts:
        mine = Matter(
            posts=[post for post in matter.posts if post.account_id == account.id],
            pieces=[piece for piece in matter.pieces if piece.account_id == account.id],
            assets=[asset for asset in matter.assets if asset.kind is AssetKind.HASHTAG],
        )
        found = columns(mine, frame, part=True)
        nothing = unavailable(_NOT_BY_ACCOUNT)
        engagement = _no_clicks(found.engagement, nothing)
        lines.append(
            ReportAccount(
                account_id=account.id,
                platform=account.platform,
                handle=account.handle,
                delivery=found.delivery,
                awareness=found.awareness,
                engagement=engagement,
            )
        )
    return tuple(lines)


def by_asset(matter: Matter, visitors: Matter, frame: Frame) -> tuple[ReportAsset, ...]:
    """Hits of each link, uses of each code, posts of each hashtag, and the conversions that the asset decided.

    `visitors` holds those of the links. Models credit creators, so an asset has no credit.
    """
    lines = []
    for asset in matter.assets:
        mine = Matter(
            assets=[asset],
            hits=[cell for cell in matter.hits if cell.link_id == asset.id],
            visitors=[cell for cell in visitors.visitors or () if cell.scope_id == asset.id],
            conversions=[cell for cell in matter.conversions if cell.asset_id == asset.id],
            uses=[cell for cell in matter.uses if cell.code_id == asset.id],
            posts=[post for post in matter.posts if asset.key in post.hashtags] if asset.key else [],
        )
        found = columns(mine, frame, part=True)
        none = unavailable("models credit creators, not assets")
        brought = found.conversion.model_copy(update={"credit": none})
        if asset.kind is AssetKind.HASHTAG:
            brought = type(brought)(credit=none)
        if asset.kind is AssetKind.PAGE:
            nothing = unavailable("who leaves a page is counted at its link")
            found = found.model_copy(update={"engagement": _no_clicks(found.engagement, nothing)})
        lines.append(
            ReportAsset(
                kind=asset.kind,
                asset_id=encode(_PREFIX[asset.kind], asset.id),
                label=asset.label,
                awareness=found.awareness,
                engagement=_clicks_only(found.engagement) if asset.kind is not AssetKind.HASHTAG else found.engagement,
                conversion=brought,
            )
        )
    return tuple(lines)


def _no_clicks(found: ReportEngagement, nothing: Figure) -> ReportEngagement:
    return found.model_copy(
        update={"hits": nothing, "human_clicks": nothing, "visitors": nothing, "cost_per_click": nothing}
    )


def _clicks_only(found: ReportEngagement) -> ReportEngagement:
    nothing = unavailable(_NOT_BY_ASSET)
    return found.model_copy(
        update={"likes": nothing, "comments": nothing, "shares": nothing, "saves": nothing, "rate": nothing}
    )


def days_of(matter: Matter) -> set[date]:
    """The days on which anything happened."""
    dated = (matter.hits, matter.conversions, matter.uses, matter.credits, matter.commissions, matter.visitors or [])
    return {post.day for post in matter.posts} | {
        cell.day for cells in dated for cell in cells if cell.day is not None
    }  # fmt: skip


def by_day(matter: Matter, frame: Frame, *, several: bool = False) -> tuple[ReportDay, ...]:
    """One line for every day on which anything happened, in the campaign's zone; days without anything are left out."""
    exact = replace(frame, exact_visitors=frame.utc_days)
    split: dict[date, Matter] = {day: Matter(assets=matter.assets, visitors=[]) for day in sorted(days_of(matter))}
    for post in matter.posts:
        split[post.day].posts.append(post)
    for name in ("hits", "conversions", "uses", "credits", "commissions", "visitors"):
        for cell in getattr(matter, name) or ():
            if cell.day is not None:
                getattr(split[cell.day], name).append(cell)
    return tuple(_day(day, columns(one, exact, several=several, part=True)) for day, one in split.items())


def _day(day: date, found: ReportColumns) -> ReportDay:
    return ReportDay(
        day=day, delivery=found.delivery, awareness=found.awareness, engagement=found.engagement,
        conversion=found.conversion, money=found.money,
    )  # fmt: skip
