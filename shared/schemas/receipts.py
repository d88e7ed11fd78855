"""Receipts on the wire: what a score was made from, whether it can be made again, what would change its rank."""

from typing import Annotated

from pydantic import Field

from shared.schemas.base import (
    Key,
    LineText,
    Natural,
    Platform,
    Schema,
    Sha256,
    Share,
    ShortText,
    SmallNatural,
    UtcTime,
)
from shared.schemas.evidence import Pseudonym
from shared.schemas.ids import BundleId, CreatorId, RankingId
from shared.schemas.rankings import Score, WeightPreset


class ReceiptInput(Schema):
    """One thing that the score rests on: from where, of when, how old it was when the score was made."""

    what: LineText
    source: ShortText
    platform: Platform | None = None
    observed_at: UtcTime | None = None
    age_days: Annotated[float, Field(ge=0)] | None = None
    expires_at: UtcTime | None = None


class RankChange(Schema):
    """The smallest change that would move the candidate past a neighbour: of one criterion alone, in points of it.

    Where no single criterion reaches, `criterion` is null and `points` is what the score itself would have to move.
    """

    new_rank: SmallNatural
    criterion: Key | None = None
    value: Annotated[float, Field(ge=0, le=100)] | None = None
    new_value: Annotated[float, Field(ge=0, le=100)] | None = None
    points: float
    neighbour: CreatorId


class Receipt(Schema):
    """How a score came about. `digest` is the SHA-256 of the score's canonical JSON before its rank was known.

    The contributions of `score.criteria` add up to `score.value` to the last digit.
    """

    ranking_id: RankingId
    score: Score
    inputs: tuple[ReceiptInput, ...]
    bundle_id: BundleId
    snapshot_hash: Sha256
    snapshot_bytes: Natural
    brief_hash: Sha256
    brief_version: SmallNatural
    goal: WeightPreset | None = None
    weights: dict[Key, SmallNatural]
    code_version: ShortText
    parameters_version: ShortText
    benchmarks_hash: Sha256
    criteria_versions: dict[Key, ShortText]
    digest: Sha256
    changes: tuple[RankChange, ...] = ()


class PodMember(Schema):
    """An account of a reciprocal group, by pseudonym, and how many comments it wrote under the creator's posts."""

    pseudonym: Pseudonym
    comments_here: Natural


class PodEdge(Schema):
    """Two accounts in touch and how many comments went each way; `creator` is the candidate itself."""

    first: Pseudonym
    second: Pseudonym
    comments_there: Natural
    comments_back: Natural


class PodEvidence(Schema):
    """The reciprocal group around a creator as a subgraph, and what was looked at. Without members: none was found;
    without `accounts`: it is not known who comments on whom.

    `density` is the share of ordered pairs of members that comment, `comment_share` the members' part of the comments.
    """

    creator_id: CreatorId
    accounts: Natural
    interactions: Natural
    density: Share | None = None
    comment_share: Share | None = None
    members: tuple[PodMember, ...] = ()
    edges: tuple[PodEdge, ...] = ()


class ScoreReplay(Schema):
    """The score made again from the stored snapshot. `identical` compares every byte."""

    identical: bool
    digest: Sha256
    replayed_digest: Sha256
    code_version: ShortText
    code_version_now: ShortText
    parameters_version: ShortText
    parameters_version_now: ShortText
    differences: tuple[LineText, ...] = ()
