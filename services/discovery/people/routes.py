"""HTTP for people: the accounts of one human, as evidence suggests and somebody decides."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Response

from services.discovery.people import repository, service
from services.discovery.people.repository import PersonRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer, page_of
from shared.kit.errors import NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import JobStatus, Page
from shared.schemas.creators import CreatorRef
from shared.schemas.ids import CreatorId, PersonId
from shared.schemas.people import LinkState, Person, PersonCutCreate, PersonLink, PersonProposals

router = kit_router("/v1/people", tags=["people"])

PersonPath = Annotated[PersonId, Path(description="a person of the caller's workspace")]


@router.get("", operation_id="list_people", summary="List people and their accounts", responses=problems(NotFound))
async def list_people(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("people"))],
    state: Annotated[LinkState | None, Query(description="only those with an account of this state")] = None,
    creator_id: Annotated[CreatorId | None, Query(description="only those with this account")] = None,
) -> Page[Person]:  # fmt: skip
    """The oldest first. Accounts that were cut stay on record with the state `cut`."""
    found = await repository.people(session, page=page, state=state, creator_id=creator_id)
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(await _people(session, rows)), next_cursor=cursor)


@router.post("/proposals", status_code=202, operation_id="propose_people", summary="Look for accounts of one human")
async def propose_people(session: Session, caller: Writer, response: Response) -> PersonProposals:
    """Compares all profiles in the background, as after every import and search; what is found is in the list.

    Nothing that somebody confirmed or cut is changed by it.
    """
    await service.request(session, workspace_id=caller.workspace_id)
    response.headers["Location"] = "/v1/people"
    return PersonProposals(status=JobStatus.QUEUED, requested_at=datetime.now(UTC))


@router.get("/{person_id}", operation_id="get_person", summary="Read a person", responses=problems(NotFound))
async def get_person(session: ReadSession, _: Reader, person_id: PersonPath) -> Person:
    """The accounts, each with the reason and a confidence that is a judgement and no measured probability."""
    return await _person(session, await service.get_person(session, person_id=person_id))


@router.post(
    "/{person_id}/confirm", operation_id="confirm_person", summary="Confirm a person's accounts",
    responses=problems(NotFound),
)  # fmt: skip
async def confirm_person(session: Session, caller: Writer, person_id: PersonPath) -> Person:
    """All that are suggested. Cut first what does not belong there; later proposals change neither."""
    return await _person(session, await service.confirm(session, person_id=person_id, caller=caller))


@router.post(
    "/{person_id}/cut", operation_id="cut_person", summary="Cut an account from a person", responses=problems(NotFound)
)
async def cut_person(session: Session, caller: Writer, person_id: PersonPath, body: PersonCutCreate) -> Person:
    """It is never proposed again together with the person's other accounts. Of two accounts both are cut."""
    row = await service.cut(session, person_id=person_id, creator_id=body.creator_id, caller=caller)
    return await _person(session, row)


async def _person(session: Session, row: PersonRow) -> Person:
    [person] = await _people(session, [row])
    return person


async def _people(session: Session, rows: Sequence[PersonRow]) -> list[Person]:
    links: dict[UUID, list[Any]] = defaultdict(list)
    for one in await repository.links(session, person_ids=[row.id for row in rows]):
        links[one.person_id].append(one)
    return [
        Person(id=row.id, links=tuple(_link(one) for one in links[row.id]), created_at=row.created_at) for row in rows
    ]


def _link(row: Any) -> PersonLink:  # noqa: ANN401  # a row of a link and its account
    return PersonLink(
        creator=CreatorRef(
            id=row.id, platform=row.platform, platform_id=row.platform_id, handle=row.handle,
            display_name=row.display_name[:200] if row.display_name else None, url=row.url[:1_000] if row.url else None,
        ),
        reason=row.reason[:1_000], confidence=row.confidence, state=LinkState(row.state), decided_at=row.decided_at,
        decided_by=row.decided_by,
    )  # fmt: skip
