"""Use cases of hashtags: what goes with some, and how much each tells."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.hashtags import repository
from services.discovery.hashtags.association import GENERIC_BELOW, Pair, Related, Sample, information, related
from shared.rules.hashtags import Tag, normalise, search_term
from shared.schemas.hashtags import HashtagFigures, RelatedHashtag, RelatedHashtags

LEVEL = 0.05
PLATFORMS = ("bluesky", "instagram", "mastodon", "threads", "tiktok", "x", "youtube")
METHOD = (
    "creators who use both, tested one-sided and exactly (hypergeometric), corrected after Holm for all "
    "hashtags of the archive; ordered by G²"
)


async def related_hashtags(
    session: AsyncSession, *, workspace_id: UUID, tags: Sequence[Tag], limit: int
) -> RelatedHashtags:
    """What goes with these tags in the workspace's archive, the strongest first."""
    asked = {tag.key: tag.display for tag in tags}
    totals = (await repository.rows_of(session, repository.TOTALS, workspace_id=workspace_id))[0]
    pairs = await repository.rows_of(session, repository.PAIRS, workspace_id=workspace_id, keys=list(asked))
    others = [Pair(one.key, one.users, one.together) for one in pairs if one.key not in asked]
    found = related(
        others, asked_users=pairs[0].asked_users if pairs else 0, accounts=totals.accounts,
        tests=max(1, totals.tags - len(asked)), level=LEVEL,
    )[:limit]  # fmt: skip
    keys = [*asked, *(one.key for one in found)]
    figures = {
        one.key: one
        for one in await repository.rows_of(session, repository.FIGURES, workspace_id=workspace_id, keys=keys)
    }
    tells = await _tells(
        session, workspace_id=workspace_id, users={key: one.users for key, one in figures.items()},
        accounts=totals.accounts,
    )  # fmt: skip
    return RelatedHashtags(
        asked=tuple(
            HashtagFigures.model_validate(_figures(key, display, figures.get(key), tells))
            for key, display in asked.items()
        ),
        related=tuple(_related(one, figures[one.key], tells) for one in found),
        creators=totals.accounts,
        source="archive",
        method=METHOD,
    )


async def told_by(session: AsyncSession, *, workspace_id: UUID, keys: Sequence[str]) -> Mapping[str, float]:
    """How much each of some tags tells, 0 to 1, as far as the archive knows enough of them."""
    totals = (await repository.rows_of(session, repository.TOTALS, workspace_id=workspace_id))[0]
    figures = await repository.rows_of(session, repository.FIGURES, workspace_id=workspace_id, keys=keys)
    tells = await _tells(
        session, workspace_id=workspace_id, users={one.key: one.users for one in figures}, accounts=totals.accounts
    )
    return {key: told for key, told in tells.items() if told is not None}


async def _tells(
    session: AsyncSession, *, workspace_id: UUID, users: Mapping[str, int], accounts: int
) -> dict[str, float | None]:
    everybody = await repository.rows_of(session, repository.EVERYBODY, workspace_id=workspace_id)
    some: dict[str, list[frozenset[str]]] = defaultdict(list)
    for row in await repository.rows_of(session, repository.USERS, workspace_id=workspace_id, keys=list(users)):
        some[row.key].append(frozenset(row.keys))
    sample = Sample([frozenset(row.keys) for row in everybody], some)
    return await asyncio.to_thread(information, sample, users=users, accounts=accounts)


def _figures(key: str, display: str, row: Any, tells: Mapping[str, float | None]) -> dict[str, Any]:  # noqa: ANN401  # a row
    told = tells.get(key)
    return {
        "hashtag": display, "key": key, "creators": row.users if row else 0, "posts": row.posts if row else 0,
        "information": told, "generic": told is not None and told < GENERIC_BELOW, "spellings": spellings(display),
    }  # fmt: skip


def _related(one: Related, row: Any, tells: Mapping[str, float | None]) -> RelatedHashtag:  # noqa: ANN401  # a row
    return RelatedHashtag.model_validate({
        **_figures(one.key, _display(row, one.key), row, tells), "together": one.together, "expected": one.expected,
        "log_likelihood": one.log_likelihood, "p_value": one.p_value,
    })  # fmt: skip


def _display(row: Any, key: str) -> str:  # noqa: ANN401  # a row
    try:
        return normalise(row.display or key).display
    except ValueError:
        return key


def spellings(display: str) -> dict[str, str]:
    """How each platform that can be asked for the tag wants to be asked."""
    found = {}
    for platform in PLATFORMS:
        try:
            found[platform] = search_term(platform, display)
        except ValueError:
            continue
    return found
