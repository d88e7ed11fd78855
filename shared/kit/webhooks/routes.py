"""HTTP for outbound webhooks on every service: endpoints, their secrets and tests, the delivery log, replay."""

from collections.abc import Collection, Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, PreconditionFailed, problems
from shared.kit.etags import IfMatch, set_etag
from shared.kit.ids import new_id
from shared.kit.pages import PageRequest
from shared.kit.webhooks import repository, service
from shared.kit.webhooks.repository import AttemptRow, DeliveryRow, EndpointRow
from shared.schemas.base import JobStatus, Page
from shared.schemas.ids import DeliveryId, EndpointId, encode
from shared.schemas.webhooks import (
    Delivery,
    DeliveryAttempt,
    DeliveryStatus,
    Replay,
    ReplayCreate,
    WebhookEndpoint,
    WebhookEndpointChange,
    WebhookEndpointCreate,
    WebhookEndpointCreated,
)

EndpointPath = Annotated[EndpointId, Path(description="a webhook endpoint of the caller's workspace")]
DeliveryPath = Annotated[DeliveryId, Path(description="a webhook delivery of the caller's workspace")]
StatusQuery = Annotated[DeliveryStatus | None, Query(description="only deliveries of this status")]


def webhook_router(event_types: Collection[str]) -> APIRouter:
    """The routes, for a service that sends `event_types`; a filter may name no others."""
    routes = kit_router("/v1", tags=["webhooks"])
    _add_endpoint_routes(routes, [str(kind) for kind in event_types])
    _add_delivery_routes(routes)
    return routes


def _add_endpoint_routes(routes: APIRouter, event_types: Collection[str]) -> None:
    @routes.post(
        "/webhook-endpoints",
        status_code=201,
        operation_id="create_webhook_endpoint",
        summary="Create a webhook endpoint",
        responses=problems(Conflict),
    )
    async def create_webhook_endpoint(
        session: Session, caller: Writer, runtime: ServiceRuntime, body: WebhookEndpointCreate, response: Response
    ) -> WebhookEndpointCreated:
        """The secret is in this answer and nowhere else. The URL must be public and is checked again at every call."""
        row, secret = await service.create_endpoint(
            session, runtime=runtime, body=body, event_types=event_types, caller=caller
        )
        response.headers["Location"] = f"/v1/webhook-endpoints/{encode('whe', row.id)}"
        set_etag(response, row.version)
        return WebhookEndpointCreated(**_endpoint(row).model_dump(), secret=secret)

    @routes.get(
        "/webhook-endpoints",
        operation_id="list_webhook_endpoints",
        summary="List webhook endpoints",
        responses=problems(NotFound),
    )
    async def list_webhook_endpoints(
        session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("webhook_endpoints"))]
    ) -> Page[WebhookEndpoint]:
        rows, cursor = page.cut(await repository.endpoints(session, page=page), lambda row: [row.id])
        return Page(items=tuple(_endpoint(row) for row in rows), next_cursor=cursor)

    @routes.get(
        "/webhook-endpoints/{endpoint_id}",
        operation_id="get_webhook_endpoint",
        summary="Read a webhook endpoint",
        responses=problems(NotFound),
    )
    async def get_webhook_endpoint(
        session: ReadSession, _: Reader, endpoint_id: EndpointPath, response: Response
    ) -> WebhookEndpoint:
        row = await service.get_endpoint(session, endpoint_id=endpoint_id)
        set_etag(response, row.version)
        return _endpoint(row)

    @routes.patch(
        "/webhook-endpoints/{endpoint_id}",
        operation_id="change_webhook_endpoint",
        summary="Change a webhook endpoint",
        responses=problems(NotFound, PreconditionFailed),
    )
    async def change_webhook_endpoint(
        session: Session, _: Writer, runtime: ServiceRuntime, endpoint_id: EndpointPath, body: WebhookEndpointChange,
        response: Response, if_match: IfMatch = None,
    ) -> WebhookEndpoint:  # fmt: skip
        """Turning it off gives up what waits for it; a replay sends that after all. Turning it on forgets failures."""
        row = await service.change_endpoint(
            session, runtime=runtime, endpoint_id=endpoint_id, change=body, event_types=event_types, if_match=if_match
        )
        set_etag(response, row.version)
        return _endpoint(row)

    @routes.delete(
        "/webhook-endpoints/{endpoint_id}",
        status_code=204,
        operation_id="delete_webhook_endpoint",
        summary="Delete a webhook endpoint",
        responses=problems(NotFound),
    )
    async def delete_webhook_endpoint(session: Session, _: Writer, endpoint_id: EndpointPath) -> Response:
        """With its deliveries and their log."""
        await service.delete_endpoint(session, endpoint_id=endpoint_id)
        return Response(status_code=204)

    @routes.post(
        "/webhook-endpoints/{endpoint_id}/rotate-secret",
        operation_id="rotate_webhook_secret",
        summary="Give a webhook endpoint a new secret",
        responses=problems(NotFound),
    )
    async def rotate_webhook_secret(
        session: Session, _: Writer, runtime: ServiceRuntime, endpoint_id: EndpointPath, response: Response
    ) -> WebhookEndpointCreated:
        """For 24 hours every message carries two signatures: one of the new secret, one of the old."""
        row, secret = await service.rotate_secret(session, runtime=runtime, endpoint_id=endpoint_id)
        set_etag(response, row.version)
        return WebhookEndpointCreated(**_endpoint(row).model_dump(), secret=secret)


def _add_delivery_routes(routes: APIRouter) -> None:
    @routes.post(
        "/webhook-endpoints/{endpoint_id}/test",
        status_code=202,
        operation_id="test_webhook_endpoint",
        summary="Send a test event",
        responses=problems(NotFound, Conflict),
    )
    async def send_webhook_test(session: Session, _: Writer, endpoint_id: EndpointPath, response: Response) -> Delivery:
        """An `endpoint.test` event to this endpoint only, whatever its filter."""
        row = await service.send_test(session, endpoint_id=endpoint_id)
        response.headers["Location"] = f"/v1/webhook-deliveries/{encode('dlv', row.id)}"
        return _delivery(row, ())

    @routes.get(
        "/webhook-endpoints/{endpoint_id}/deliveries",
        operation_id="list_webhook_deliveries",
        summary="List the deliveries of a webhook endpoint",
        responses=problems(NotFound),
    )
    async def list_webhook_deliveries(
        session: ReadSession, _: Reader, endpoint_id: EndpointPath,
        page: Annotated[PageRequest, Depends(page_of("webhook_deliveries"))], status: StatusQuery = None,
    ) -> Page[Delivery]:  # fmt: skip
        """The newest first, kept for 30 days."""
        await service.get_endpoint(session, endpoint_id=endpoint_id)
        found = await repository.deliveries(session, endpoint_id=endpoint_id, state=status, page=page)
        rows, cursor = page.cut(found, lambda row: [row.created_at, row.id])
        logs = await repository.attempts(session, delivery_ids=[row.id for row in rows])
        return Page(items=tuple(_delivery(row, logs.get(row.id, ())) for row in rows), next_cursor=cursor)

    @routes.get(
        "/webhook-deliveries/{delivery_id}",
        operation_id="get_webhook_delivery",
        summary="Read a webhook delivery with its log",
        responses=problems(NotFound),
    )
    async def get_webhook_delivery(session: ReadSession, _: Reader, delivery_id: DeliveryPath) -> Delivery:
        row = await service.get_delivery(session, delivery_id=delivery_id)
        logs = await repository.attempts(session, delivery_ids=[row.id])
        return _delivery(row, logs.get(row.id, ()))

    @routes.post(
        "/webhook-deliveries/{delivery_id}/replay",
        status_code=202,
        operation_id="replay_webhook_delivery",
        summary="Send a delivery again",
        responses=problems(NotFound, Conflict),
    )
    async def replay_webhook_delivery(
        session: Session, _: Writer, delivery_id: DeliveryPath, response: Response
    ) -> Delivery:
        """Under the same `webhook-id`, the schedule begun anew."""
        row = await service.replay_delivery(session, delivery_id=delivery_id)
        response.headers["Location"] = f"/v1/webhook-deliveries/{encode('dlv', row.id)}"
        logs = await repository.attempts(session, delivery_ids=[row.id])
        return _delivery(row, logs.get(row.id, ()))

    @routes.post(
        "/webhook-endpoints/{endpoint_id}/replay",
        status_code=202,
        operation_id="replay_webhook_deliveries",
        summary="Send a range of deliveries again",
        responses=problems(NotFound, Conflict),
    )
    async def replay_webhook_deliveries(
        session: Session, _: Writer, endpoint_id: EndpointPath, body: ReplayCreate, response: Response
    ) -> Replay:
        """What happened while the endpoint was off counts as failed. The log tells how each of them goes."""
        count = await service.replay_range(
            session, endpoint_id=endpoint_id, after=body.after, before=body.before, only_failed=body.only_failed
        )
        response.headers["Location"] = f"/v1/webhook-endpoints/{encode('whe', endpoint_id)}/deliveries"
        return Replay(id=new_id(), status=JobStatus.QUEUED if count else JobStatus.COMPLETED, deliveries=count)


def _endpoint(row: EndpointRow) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=row.id,
        url=row.url,
        events=tuple(row.events),
        description=row.description,
        enabled=row.state == "active",
        disabled_reason=row.disabled_reason,
        failing_since=row.failing_since,
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
    )


def _delivery(row: DeliveryRow, log: Iterable[AttemptRow]) -> Delivery:
    return Delivery(
        id=row.id,
        endpoint_id=row.endpoint_id,
        event_id=row.event_id,
        event_type=row.type,
        status=DeliveryStatus(row.state),
        attempts=row.attempts,
        log=tuple(
            DeliveryAttempt(
                at=attempt.at,
                status=attempt.status,
                duration_ms=attempt.duration_ms,
                error=attempt.error,
                response=attempt.response,
            )
            for attempt in log
        ),
        next_attempt_at=row.next_attempt_at,
        created_at=row.created_at,
    )
