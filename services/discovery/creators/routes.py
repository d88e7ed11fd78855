"""HTTP for creators."""

from typing import Annotated

from fastapi import Depends, Path, Query

from services.discovery.creators import repository, service
from services.discovery.creators.wire import creator_of
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, page_of
from shared.kit.errors import Invalid, NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import MAX_COUNT, Fault, Handle, Page, Platform, Unknown
from shared.schemas.creators import Creator
from shared.schemas.ids import CreatorId

router = kit_router("/v1/creators", tags=["creators"])

CreatorPath = Annotated[CreatorId, Path(description="a creator that the workspace knows")]
Followers = Annotated[int | None, Query(ge=0, le=MAX_COUNT)]


@router.get("", operation_id="list_creators", summary="List creators", responses=problems(NotFound))
async def list_creators(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("creators"))],
    platform: Annotated[Platform | None, Query()] = None,
    handle: Annotated[Handle | None, Query(description="as the platform writes it, with or without @")] = None,
    min_followers: Followers = None, max_followers: Followers = None,
    unknown: Annotated[Unknown, Query(description="creators whose follower count is not known")] = Unknown.INCLUDE,
) -> Page[Creator]:  # fmt: skip
    """Whom imports and searches read, in the order in which they were first seen.

    Accounts that were only mentioned by others are not listed, and neither are those that do not want to be found.
    """
    if min_followers is not None and max_followers is not None and min_followers > max_followers:
        raise Invalid(errors=[Fault(pointer="query/min_followers", detail="lies above max_followers")])
    found = await repository.creators(
        session, page=page, platform=platform, handle=handle, min_followers=min_followers,
        max_followers=max_followers, with_unknown=unknown is Unknown.INCLUDE,
    )  # fmt: skip
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(creator_of(row) for row in rows), next_cursor=cursor)


@router.get("/{creator_id}", operation_id="get_creator", summary="Read a creator", responses=problems(NotFound))
async def get_creator(session: ReadSession, _: Reader, creator_id: CreatorPath) -> Creator:
    """What the public profile said when it was last seen. A count that is not known says why."""
    return creator_of(await service.get_creator(session, creator_id=creator_id))
