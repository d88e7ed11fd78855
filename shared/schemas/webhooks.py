"""Outbound webhooks on the wire: endpoints of the workspace, deliveries to them, the message itself."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import Body, Flag, JobStatus, LineText, LongText, Natural, Schema, ShortText, UtcTime, WebUrl
from shared.schemas.ids import DeliveryId, EndpointId, EventId, JobId, KeyId

# The type of an event, for example `conversion.created`.
EventType = Annotated[
    str,
    Field(
        min_length=3,
        max_length=100,
        pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$",
        examples=["conversion.created"],
    ),
]
EventTypes = Annotated[
    tuple[EventType, ...], Field(max_length=100, description="Types that are sent; an empty list sends all.")
]


class OutboundEvent(StrEnum):
    """Everything that the services send."""

    IMPORT_COMPLETED = "import.completed"
    SEARCH_COMPLETED = "search.completed"
    CANDIDATE_FOUND = "candidate.found"
    RANKING_COMPLETED = "ranking.completed"
    CLICK_CREATED = "click.created"
    CODE_REDEEMED = "code.redeemed"
    CONVERSION_CREATED = "conversion.created"
    CONVERSION_ATTRIBUTED = "conversion.attributed"
    CONVERSION_REFUNDED = "conversion.refunded"
    COMMISSION_APPROVED = "commission.approved"
    PAYOUT_CREATED = "payout.created"
    PARTNERSHIP_UPDATED = "partnership.updated"
    DELIVERABLE_OVERDUE = "deliverable.overdue"
    ENDPOINT_DISABLED = "endpoint.disabled"
    ENDPOINT_TEST = "endpoint.test"


class WebhookEndpointCreate(Body):
    """Where events are sent, and which."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://hooks.example.com/groundswell", "events": ["endpoint.disabled"]}]
        }
    )

    url: WebUrl
    events: EventTypes = ()
    description: LineText | None = None


class WebhookEndpointChange(Body):
    """What changes about an endpoint; a field left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True}]})

    url: WebUrl | None = None
    events: EventTypes | None = None
    description: LineText | None = None
    enabled: Flag | None = None


class WebhookEndpoint(Schema):
    """An endpoint; its secret is not shown again."""

    id: EndpointId
    url: WebUrl
    events: tuple[ShortText, ...] = ()
    description: LineText | None = None
    enabled: bool
    disabled_reason: LineText | None = None
    failing_since: UtcTime | None = Field(default=None, description="since when every attempt failed")
    created_at: UtcTime
    updated_at: UtcTime
    created_by: KeyId | None = None


class WebhookEndpointCreated(WebhookEndpoint):
    """A new endpoint, or one with a new secret: `secret` (Standard Webhooks, `whsec_...`) is shown this once."""

    secret: ShortText


class DeliveryStatus(StrEnum):
    """The state of a delivery; `dead` when the schedule is used up, the endpoint said 410 or was off."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class DeliveryAttempt(Schema):
    """One attempt; `status` is the HTTP status, null when no answer came; `response` begins what the answer said."""

    at: UtcTime
    status: Annotated[int, Field(ge=100, le=999)] | None = None
    duration_ms: Natural | None = None
    error: LineText | None = None
    response: LineText | None = None


class Delivery(Schema):
    """One event on its way to one endpoint."""

    id: DeliveryId
    endpoint_id: EndpointId
    event_id: EventId
    event_type: ShortText
    status: DeliveryStatus
    attempts: Natural
    log: tuple[DeliveryAttempt, ...] = ()
    next_attempt_at: UtcTime | None = None
    created_at: UtcTime


class ReplayCreate(Body):
    """Send again what an endpoint was due between two times, the first included."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"after": "2027-03-01T00:00:00Z", "before": "2027-03-02T00:00:00Z", "only_failed": True}]
        }
    )

    after: UtcTime
    before: UtcTime
    only_failed: Flag = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.before <= self.after:
            raise ValueError("before lies before after")
        return self


class Replay(Schema):
    """A replay: so many deliveries are due again. The delivery log tells how they go."""

    id: JobId
    status: JobStatus
    deliveries: Natural


class WebhookMessage(Schema):
    """The body that an endpoint gets; the event's identifier is the header `webhook-id`."""

    type: ShortText
    timestamp: UtcTime
    data: dict[str, Any]


class WebhookFailure(Schema):
    """Why an endpoint was turned off."""

    endpoint_id: EndpointId
    url: WebUrl
    reason: LongText
