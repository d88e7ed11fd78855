"""Partners on the wire: a person or small team with accounts and contact routes."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.schemas.base import Body, Handle, LineText, LongText, Name, Platform, PlatformId, Schema, UtcTime, WebUrl
from shared.schemas.creators import ContactKind, ContactRoute
from shared.schemas.ids import AccountId, CreatorId, KeyId, PartnerId


class PartnerAccountCreate(Body):
    """An account of a partner; `creator_id` where discovery knows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"platform": "bluesky", "handle": "ana.example.com"}]})

    platform: Platform
    platform_id: PlatformId | None = None
    handle: Handle
    creator_id: CreatorId | None = None
    url: WebUrl | None = None


class ContactRouteCreate(Body):
    """A way to reach a partner, published by the partner, with its source."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "email", "value": "ana@example.com", "source": "profile"}]}
    )

    kind: ContactKind
    value: LineText
    source: LineText
    source_url: WebUrl | None = None
    published_at: UtcTime | None = None


class PartnerCreate(Body):
    """A partner, from a candidate or by hand. The name defaults to the first account's handle."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Ana",
                    "accounts": [{"platform": "bluesky", "platform_id": "did:plc:abc", "handle": "ana.example.com"}],
                }
            ]
        }
    )

    name: Name | None = None
    accounts: Annotated[tuple[PartnerAccountCreate, ...], Field(min_length=1, max_length=20)]
    contact_routes: Annotated[tuple[ContactRouteCreate, ...], Field(max_length=20)] = ()
    note: LongText | None = None


class PartnerChange(Body):
    """What changes about a partner; a field left out stays. `do_not_contact` ends all follow-ups."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"do_not_contact": True, "do_not_contact_reason": "asked by mail"}]}
    )

    name: Name | None = None
    contact_routes: Annotated[tuple[ContactRouteCreate, ...], Field(max_length=20)] | None = None
    do_not_contact: Annotated[bool, Field(strict=True)] | None = None
    do_not_contact_reason: LineText | None = None
    note: LongText | None = None


class PartnerAccount(Schema):
    """An account of a partner."""

    id: AccountId
    platform: Platform
    platform_id: PlatformId | None = None
    handle: Handle
    creator_id: CreatorId | None = None
    url: LineText | None = None


class Partner(Schema):
    """A partner."""

    id: PartnerId
    name: Name
    accounts: tuple[PartnerAccount, ...]
    contact_routes: tuple[ContactRoute, ...] = ()
    do_not_contact: bool = False
    do_not_contact_reason: LineText | None = None
    note: LongText | None = None
    created_at: UtcTime
    updated_at: UtcTime
    created_by: KeyId | None = None
