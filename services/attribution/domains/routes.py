"""HTTP for branded domains."""

from typing import Annotated

from fastapi import Depends, Path, Response

from services.attribution.domains import checking, repository, service
from services.attribution.domains.repository import DomainRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import Page
from shared.schemas.domains import Domain, DomainCreate, DomainState
from shared.schemas.ids import DomainId, encode

router = kit_router("/v1/domains", tags=["tracking"])

DomainPath = Annotated[DomainId, Path(description="a domain of the caller's workspace")]


@router.post(
    "", status_code=201, operation_id="create_domain", summary="Claim a domain for links and pages",
    responses=problems(Conflict),
)  # fmt: skip
async def create_domain(
    session: Session, caller: Writer, runtime: ServiceRuntime, body: DomainCreate, response: Response
) -> Domain:
    """Publish the token where the answer says; the proof is looked for at once and then ever less often for a week."""
    row = await service.create_domain(session, host=body.host, settings=runtime.settings, caller=caller)
    response.headers["Location"] = f"/v1/domains/{encode('dom', row.id)}"
    return _domain(row)


@router.get("", operation_id="list_domains", summary="List domains", responses=problems(NotFound))
async def list_domains(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("domains"))]
) -> Page[Domain]:
    rows, cursor = page.cut(await repository.domains(session, page=page), lambda row: [row.id])
    return Page(items=tuple(_domain(row) for row in rows), next_cursor=cursor)


@router.get("/{domain_id}", operation_id="get_domain", summary="Read a domain", responses=problems(NotFound))
async def get_domain(session: ReadSession, _: Reader, domain_id: DomainPath) -> Domain:
    return _domain(await service.get_domain(session, domain_id=domain_id))


@router.post(
    "/{domain_id}/verify", status_code=202, operation_id="verify_domain",
    summary="Look for a domain's proof now", responses=problems(NotFound),
)  # fmt: skip
async def verify_domain(session: Session, _: Writer, domain_id: DomainPath) -> Domain:
    """A worker looks within seconds; read the domain again to see what it found."""
    return _domain(await service.look_again(session, domain_id=domain_id))


@router.delete(
    "/{domain_id}", status_code=204, response_class=Response, operation_id="delete_domain",
    summary="Give a domain back", responses=problems(NotFound, Conflict),
)  # fmt: skip
async def delete_domain(session: Session, _: Writer, domain_id: DomainPath) -> Response:
    """409 while links or pages lie under it."""
    await service.remove_domain(session, domain_id=domain_id)
    return Response(status_code=204)


def _domain(row: DomainRow) -> Domain:
    return Domain(
        id=row.id,
        host=row.host,
        state=DomainState.VERIFIED if row.verified_at else DomainState.PENDING,
        token=row.token,
        txt_name=checking.txt_name(row.host),
        well_known_url=f"https://{row.host}{checking.WELL_KNOWN}",
        error=row.error,
        checked_at=row.checked_at,
        next_check_at=row.next_check_at,
        verified_at=row.verified_at,
        created_at=row.created_at,
        created_by=row.created_by,
    )
