"""HTTP for erasing a creator, and for how far that is."""

from typing import Annotated

from fastapi import Path, Response

from services.discovery.erasures import service
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer
from shared.kit.errors import NotFound, problems
from shared.schemas.erasures import Erasure
from shared.schemas.ids import CreatorId, ErasureId, encode

router = kit_router("/v1", tags=["creators"])


@router.delete(
    "/creators/{creator_id}", status_code=202, operation_id="delete_creator",
    summary="Erase a creator from every service", responses=problems(NotFound),
)  # fmt: skip
async def delete_creator(
    session: Session, caller: Writer, creator_id: Annotated[CreatorId, Path(description="any creator known here")],
    response: Response,
) -> Erasure:  # fmt: skip
    """It is hidden at once; its profile, posts and comments go, its scores, and its name in others' texts.

    What stays is a keyed hash, by which no import, search or watch brings it back, and a paid partner's ledger lines
    without a name until the date of their hold.
    """
    row = await service.erase_creator(session, creator_id=creator_id, caller=caller)
    response.headers["Location"] = f"/v1/erasures/{encode('ers', row.id)}"
    return service.erasure_of(row)


@router.get(
    "/erasures/{erasure_id}", operation_id="get_erasure", summary="Read how far an erasure is",
    responses=problems(NotFound),
)  # fmt: skip
async def get_erasure(
    session: ReadSession, _: Reader, erasure_id: Annotated[ErasureId, Path(description="an erasure of the workspace")]
) -> Erasure:
    """Completed once every service confirmed that it holds nothing of the creator."""
    return service.erasure_of(await service.get_erasure(session, erasure_id=erasure_id))
