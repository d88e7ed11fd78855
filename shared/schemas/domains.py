"""Branded domains on the wire: hosts of a workspace's own for its links and pages, verified before they are used."""

from enum import StrEnum

from pydantic import ConfigDict

from shared.schemas.base import Body, LineText, Schema, ShortText, UtcTime
from shared.schemas.ids import DomainId, KeyId
from shared.schemas.tracking import Host


class DomainCreate(Body):
    """A host of the brand's own, as it stands in the Host header: lower case, a port only where it is not the usual."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"host": "go.example.com"}]})

    host: Host


class DomainState(StrEnum):
    """`pending` until the proof was seen; links and pages are served by verified hosts only."""

    PENDING = "pending"
    VERIFIED = "verified"


class Domain(Schema):
    """A host with its proof: publish `token` as the TXT record `txt_name`, or as the text at `well_known_url`.

    `error` says what the last look found; `next_check_at` is empty when nobody looks any more.
    """

    id: DomainId
    host: Host
    state: DomainState
    token: ShortText
    txt_name: LineText
    well_known_url: LineText
    error: LineText | None = None
    checked_at: UtcTime | None = None
    next_check_at: UtcTime | None = None
    verified_at: UtcTime | None = None
    created_at: UtcTime
    created_by: KeyId | None = None
