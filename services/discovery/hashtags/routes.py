"""HTTP for hashtags."""

from typing import Annotated

from fastapi import Query

from services.discovery.hashtags import service
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession
from shared.kit.errors import Invalid
from shared.rules.hashtags import normalise_all
from shared.schemas.base import Fault, Hashtag
from shared.schemas.hashtags import RelatedHashtags

router = kit_router("/v1/hashtags", tags=["hashtags"])


@router.get("/related", operation_id="list_related_hashtags", summary="List hashtags that go with others")
async def list_related_hashtags(
    session: ReadSession, caller: Reader,
    hashtag: Annotated[list[Hashtag], Query(min_length=1, max_length=20, description="with or without #; repeat it")],
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
) -> RelatedHashtags:  # fmt: skip
    """Hashtags that the users of these use more often than chance, in what the workspace has imported and read.

    Each with its counts, the test's result, whether it is generic (#love tells nothing of a niche) and how each
    platform spells it. The asked ones come with the same figures.
    """
    tags = normalise_all(hashtag)
    if not tags:
        raise Invalid(errors=[Fault(pointer="query/hashtag", detail="no hashtag: it needs more than digits and signs")])
    return await service.related_hashtags(session, workspace_id=caller.workspace_id, tags=tags, limit=limit)
