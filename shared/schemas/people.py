"""People on the wire: the accounts of one human, each with why it is thought so and what somebody decided."""

from enum import StrEnum

from pydantic import ConfigDict

from shared.schemas.base import Body, JobStatus, LineText, Schema, Share, UtcTime
from shared.schemas.creators import CreatorRef
from shared.schemas.ids import CreatorId, KeyId, PersonId


class LinkState(StrEnum):
    """What somebody decided about an account of a person; `suggested` while nobody did."""

    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    CUT = "cut"


class PersonLink(Schema):
    """Why an account is thought to belong to a person.

    `confidence` is a judgement by the kind of evidence and no measured probability: 0.95 for a link that the platform
    verified, 0.8 for profiles that link to each other, 0.6 for the same handle and the same site.
    """

    creator: CreatorRef
    reason: LineText
    confidence: Share
    state: LinkState = LinkState.SUGGESTED
    decided_at: UtcTime | None = None
    decided_by: KeyId | None = None


class Person(Schema):
    """The accounts of one human, each with its evidence. Accounts that were cut stay on record."""

    id: PersonId
    links: tuple[PersonLink, ...]
    created_at: UtcTime


class PersonCutCreate(Body):
    """The account that does not belong to the person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"creator_id": "crt_0000000000000000000000000a"}]})

    creator_id: CreatorId


class PersonProposals(Schema):
    """That all profiles are compared in the background."""

    status: JobStatus
    requested_at: UtcTime
