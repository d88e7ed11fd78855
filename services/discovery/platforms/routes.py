"""HTTP for what each platform can do."""

from typing import Annotated

from fastapi import Depends

from services.discovery.platforms import service
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ServiceRuntime, page_of
from shared.kit.errors import NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import Page
from shared.schemas.platforms import PlatformInfo

router = kit_router("/v1/platforms", tags=["platforms"])


@router.get(
    "",
    operation_id="list_platforms",
    summary="List the platforms with what each can do, its quotas and its terms",
    responses=problems(NotFound),
)
async def list_platforms(
    runtime: ServiceRuntime, caller: Reader, page: Annotated[PageRequest, Depends(page_of("platforms"))]
) -> Page[PlatformInfo]:
    """Each ability is yes, partial, no, needs_approval or needs_user_token, with the reason.

    `needs` says what is missing before anything can be called; `left` of a quota is what all workspaces of this
    installation together may still spend.
    """
    after = page.after[0] if page.after else ""
    keys, cursor = page.cut([key for key in service.platforms() if key > after], lambda key: [key])
    found = [await service.platform_info(runtime, workspace_id=caller.workspace_id, platform=key) for key in keys]
    return Page(items=tuple(found), next_cursor=cursor)
