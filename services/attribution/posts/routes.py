"""HTTP for partners' posts."""

from typing import Annotated

from fastapi import Depends, Path, Query, Response

from services.attribution.posts import repository, service
from services.attribution.posts.repository import TrackedPostRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import Count, Page, Trust
from shared.schemas.ids import CampaignId, PartnershipId, TrackedPostId, encode
from shared.schemas.partnerships import DeliverableKind
from shared.schemas.tracked_posts import TrackedPost, TrackedPostCreate, TrackedPostSource

router = kit_router("/v1/posts", tags=["posts"])

PostPath = Annotated[TrackedPostId, Path(description="a post of the caller's workspace")]


@router.post(
    "",
    status_code=201,
    operation_id="create_post",
    summary="Record a partner's post",
    response_model=TrackedPost,
    responses={200: {"model": TrackedPost, "description": "It was known"}, **problems(NotFound, Conflict)},
)
async def create_post(session: Session, caller: Writer, body: TrackedPostCreate, response: Response) -> TrackedPost:
    """By hand, as stories and closed platforms always are. The same post again brings its newer numbers.

    Hashtags and codes of the partnership are looked for in the text; a promise that the post keeps is delivered.
    """
    row, new = await service.record(session, body=body, caller=caller)
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/v1/posts/{encode('tpo', row.id)}"
    return post_of(row)


@router.get("", operation_id="list_posts", summary="List partners' posts", responses=problems(NotFound))
async def list_posts(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("posts"))],
    campaign_id: Annotated[CampaignId | None, Query()] = None,
    partnership_id: Annotated[PartnershipId | None, Query()] = None,
) -> Page[TrackedPost]:  # fmt: skip
    """Newest arrivals first."""
    found = await repository.posts(session, campaign_id=campaign_id, partnership_id=partnership_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(post_of(row) for row in rows), next_cursor=cursor)


@router.get("/{post_id}", operation_id="get_post", summary="Read a partner's post", responses=problems(NotFound))
async def get_post(session: ReadSession, _: Reader, post_id: PostPath) -> TrackedPost:
    return post_of(await service.get_post(session, post_id=post_id))


def post_of(row: TrackedPostRow) -> TrackedPost:
    return TrackedPost(
        id=row.id,
        partnership_id=row.partnership_id,
        campaign_id=row.campaign_id,
        account_id=row.account_id,
        deliverable_id=row.deliverable_id,
        post_id=row.post_id,
        platform_id=row.platform_id,
        url=row.url,
        kind=DeliverableKind(row.kind),
        published_at=row.published_at,
        source=TrackedPostSource(row.source),
        trust=Trust(row.trust),
        matched_hashtags=tuple(row.matched_hashtags),
        matched_codes=tuple(row.matched_codes),
        disclosed=row.disclosed,
        still_live=row.still_live,
        metrics={name: Count.model_validate(count) for name, count in row.metrics.items()},
        created_at=row.created_at,
    )
