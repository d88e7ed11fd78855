"""What a brief asks for: the hashtags that are searched, the accounts that it names."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.searches import frontier, repository
from services.discovery.searches.references import as_rows, parse
from shared.rules.hashtags import normalise_all
from shared.schemas.brief import Brief


def hashtags_of(brief: Brief) -> Mapping[str, tuple[str, list[str]]]:
    """What is searched for: key to spelling as given and all spellings. Topics stand in where there are no hashtags."""
    given: Sequence[str] = brief.hashtags or ["".join(topic.split()) for topic in brief.topics]
    excluded = {tag.key for tag in normalise_all(brief.hashtags_excluded)}
    tags = [tag for tag in normalise_all(given) if tag.key not in excluded]
    return {
        tag.key: (tag.display, [one for one in given if any(same.key == tag.key for same in normalise_all([one]))])
        for tag in tags
    }


async def accounts_named(session: AsyncSession, workspace_id: UUID, references: Sequence[str]) -> list[list[UUID]]:
    """For each reference the creators of the workspace that it names."""
    found: list[list[UUID]] = [[] for _ in references]
    if references:
        rows = orjson.dumps(as_rows([parse(text) for text in references])).decode()
        for creator_id, number in await repository.rows_of(
            session, frontier.NAMED, {"workspace_id": workspace_id, "references": rows}
        ):
            found[number].append(creator_id)
    return found
