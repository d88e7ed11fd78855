"""HTTP for receivers of inbound webhooks, and the public address to which senders post."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from services.attribution.inbound import repository, service
from services.attribution.inbound.repository import InboundDeliveryRow, ReceiverRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, RequestTransaction, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import Conflict, Gone, NotFound, PreconditionFailed, TooLarge, Unauthorized, problems
from shared.kit.etags import IfMatch, set_etag
from shared.kit.pages import PageRequest
from shared.kit.settings import Settings
from shared.schemas.base import Page
from shared.schemas.ids import DeliveryId, ReceiverId, encode
from shared.schemas.receivers import (
    InboundDelivery,
    InboundState,
    Receiver,
    ReceiverChange,
    ReceiverCreate,
    ReceiverCreated,
    ReceiverKind,
    ReceiverSecretCreate,
    ReceiverSettings,
)

router = kit_router("/v1/receivers", tags=["receivers"])
public = kit_router("/in", tags=["receivers"])

ReceiverPath = Annotated[ReceiverId, Path(description="a receiver of the caller's workspace")]
DeliveryPath = Annotated[DeliveryId, Path(description="a delivery to this receiver")]
PublicPath = Annotated[ReceiverId, Path(description="the receiver's identifier, as in its url")]


@public.post(
    "/{receiver_id}",
    status_code=202,
    operation_id="receive_webhook",
    summary="Deliver a webhook",
    response_class=Response,
    responses={
        200: {"description": "A greeting, of which nothing is kept"},
        202: {"description": "Verified and kept; worked off later. The same delivery again changes nothing."},
        **problems(Unauthorized, NotFound, TooLarge),
    },
)
async def receive_webhook(request: Request, runtime: ServiceRuntime, receiver_id: PublicPath) -> Response:
    """For the sender that the receiver was made for: the raw body, signed as that sender signs."""
    body = await request.body()
    workspace_id = await service.workspace_of(runtime.database, receiver_id=receiver_id)
    transaction: RequestTransaction = request.state.transaction
    session = await transaction.tenant(runtime.database, workspace_id)
    kept = await service.accept(
        session,
        receiver_id=receiver_id,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query_params),
        body=body,
        box=runtime.secrets,
    )
    return Response(status_code=202 if kept else 200)


@router.post(
    "", status_code=201, operation_id="create_receiver", summary="Create a receiver of webhooks",
    responses=problems(NotFound, Conflict),
)  # fmt: skip
async def create_receiver(
    session: Session, caller: Writer, runtime: ServiceRuntime, body: ReceiverCreate, response: Response
) -> ReceiverCreated:
    """Give the sender the `url`. The secret is stored sealed and never shown again."""
    row, secret = await service.create_receiver(session, body=body, caller=caller, box=runtime.secrets)
    response.headers["Location"] = f"/v1/receivers/{encode('rcv', row.id)}"
    set_etag(response, row.version)
    return ReceiverCreated(**_receiver(row, runtime.settings).model_dump(), secret=secret)


@router.get("", operation_id="list_receivers", summary="List receivers", responses=problems(NotFound))
async def list_receivers(
    session: ReadSession, _: Reader, runtime: ServiceRuntime,
    page: Annotated[PageRequest, Depends(page_of("receivers"))],
) -> Page[Receiver]:  # fmt: skip
    rows, cursor = page.cut(await repository.receivers(session, page=page), lambda row: [row.id])
    return Page(items=tuple(_receiver(row, runtime.settings) for row in rows), next_cursor=cursor)


@router.get("/{receiver_id}", operation_id="get_receiver", summary="Read a receiver", responses=problems(NotFound))
async def get_receiver(
    session: ReadSession, _: Reader, runtime: ServiceRuntime, receiver_id: ReceiverPath, response: Response
) -> Receiver:
    row = await service.get_receiver(session, receiver_id=receiver_id)
    set_etag(response, row.version)
    return _receiver(row, runtime.settings)


@router.patch(
    "/{receiver_id}",
    operation_id="change_receiver",
    summary="Change a receiver",
    responses=problems(NotFound, PreconditionFailed),
)
async def change_receiver(
    session: Session, _: Writer, runtime: ServiceRuntime, receiver_id: ReceiverPath, body: ReceiverChange,
    response: Response, if_match: IfMatch = None,
) -> Receiver:  # fmt: skip
    """With new settings, deliveries that failed are tried again."""
    row = await service.change_receiver(session, receiver_id=receiver_id, change=body, if_match=if_match)
    set_etag(response, row.version)
    return _receiver(row, runtime.settings)


@router.post(
    "/{receiver_id}/secret",
    operation_id="rotate_receiver_secret",
    summary="Give a receiver a new secret",
    responses=problems(NotFound),
)
async def rotate_receiver_secret(
    session: Session, _: Writer, runtime: ServiceRuntime, receiver_id: ReceiverPath, body: ReceiverSecretCreate
) -> ReceiverCreated:
    """Both secrets are good for a while, since a sender may sign with the old one for up to an hour or more."""
    row, secret = await service.rotate_secret(session, receiver_id=receiver_id, body=body, box=runtime.secrets)
    return ReceiverCreated(**_receiver(row, runtime.settings).model_dump(), secret=secret)


@router.get(
    "/{receiver_id}/deliveries",
    operation_id="list_inbound_deliveries",
    summary="List what was delivered",
    responses=problems(NotFound),
)
async def list_inbound_deliveries(
    session: ReadSession, _: Reader, receiver_id: ReceiverPath,
    page: Annotated[PageRequest, Depends(page_of("inbound_deliveries"))],
    state: Annotated[InboundState | None, Query(description="failed ones wait for a person")] = None,
) -> Page[InboundDelivery]:  # fmt: skip
    """Newest first; kept for 90 days."""
    await service.get_receiver(session, receiver_id=receiver_id)
    found = await repository.deliveries(session, receiver_id=receiver_id, state=state, page=page)
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(_delivery(row) for row in rows), next_cursor=cursor)


@router.post(
    "/{receiver_id}/deliveries/{delivery_id}/retry",
    status_code=202,
    operation_id="retry_inbound_delivery",
    summary="Work a delivery off again",
    responses=problems(NotFound, Conflict, Gone),
)
async def retry_inbound_delivery(
    session: Session, _: Writer, receiver_id: ReceiverPath, delivery_id: DeliveryPath
) -> InboundDelivery:
    return _delivery(await service.retry(session, receiver_id=receiver_id, delivery_id=delivery_id))


ROUTERS = (router, public)


def _receiver(row: ReceiverRow, settings: Settings) -> Receiver:
    public_url = (settings.public_url or settings.url_of("attribution")).rstrip("/")
    return Receiver(
        id=row.id,
        kind=ReceiverKind(row.kind),
        source=row.source,
        url=f"{public_url}/in/{encode('rcv', row.id)}",
        description=row.description,
        enabled=row.enabled,
        settings=ReceiverSettings.model_validate(row.settings),
        old_secret_until=row.old_secret_until,
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
    )


def _delivery(row: InboundDeliveryRow) -> InboundDelivery:
    return InboundDelivery(
        id=row.id,
        receiver_id=row.receiver_id,
        state=InboundState(row.state),
        topic=row.topic,
        detail=row.detail,
        attempts=row.attempts,
        bytes=row.size,
        received_at=row.received_at,
        processed_at=row.processed_at,
    )
