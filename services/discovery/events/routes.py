"""HTTP for the feed of events."""

from typing import Annotated

from fastapi import Query

from services.discovery.events import service
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, ServiceRuntime
from shared.kit.errors import NotFound, problems
from shared.kit.pages import Limit, page_request
from shared.schemas.events import EventFeed

router = kit_router("/v1/events", tags=["events"])


@router.get("", operation_id="list_events", summary="Follow what discovery reports", responses=problems(NotFound))
async def list_events(
    session: ReadSession, runtime: ServiceRuntime, caller: Reader,
    after: Annotated[
        str | None, Query(max_length=1_000, description="`after` of the answer before; leave out to begin")
    ] = None,
    limit: Limit = 100,
) -> EventFeed:  # fmt: skip
    """In the order in which they were committed: whoever goes on from `after` misses none and gets none twice.

    An event is shown once no earlier one can still appear. What an event says of a post or creator is what is known
    when it is pulled; one about something that is gone by then is left out.
    """
    page = page_request(
        runtime.secrets, workspace_id=caller.workspace_id, list_name="events", limit=limit, cursor=after
    )
    return await service.feed(session, workspace_id=caller.workspace_id, page=page, after=after)
