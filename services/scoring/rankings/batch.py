"""Scoring many stored bundles: pure work on bytes, so that it can run in another process."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import zstandard

from services.scoring.assess import Assessment, assess, score_of
from services.scoring.brief_terms import BriefTerms
from services.scoring.bundles.service import unpack
from services.scoring.context import Context
from services.scoring.evidence import is_own_data
from services.scoring.images.features import ImageFeatures
from services.scoring.peers import Benchmarks
from services.scoring.registry import criteria
from services.scoring.totals import total
from services.scoring.vectors import Vectors
from shared.schemas.brief import Brief
from shared.schemas.evidence import EvidenceBundle
from shared.schemas.platforms import PermittedUse
from shared.schemas.rankings import Score


@dataclass(frozen=True, slots=True)
class Setup:
    """What is the same for all candidates of a ranking, as JSON, so that another process can read it."""

    brief: str
    benchmarks: str
    permitted_uses: str
    weights: tuple[tuple[str, int], ...]
    scored_at: datetime
    references: str = "[]"


@dataclass(frozen=True, slots=True)
class Item:
    """One candidate to score."""

    creator_id: UUID
    bundle_id: UUID
    bundle_hash: str
    content: bytes
    images: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """One scored candidate, ready to be stored; numbers are millionths of a point."""

    creator_id: UUID
    bundle_id: UUID
    creator: dict[str, Any]
    eligible: bool
    value: int | None
    low: int
    high: int
    known: int
    detail: bytes
    digest: str
    own_data: bool


@dataclass(frozen=True, slots=True)
class BatchResult:
    scored: list[Scored] = field(default_factory=list)
    vectors: bytes = b""


def score_batch(setup: Setup, items: Sequence[Item]) -> BatchResult:
    """Score bundles over one setup; the result depends on nothing else."""
    context = context_of_setup(setup)
    weights = dict(setup.weights)
    scored, rows = [], []
    for item in items:
        bundle = unpack(item.content)
        assessment, plain = score_bytes(
            bundle,
            with_images(context, item.images),
            weights,
            bundle_id=item.bundle_id,
            bundle_hash=item.bundle_hash,
            scored_at=setup.scored_at,
        )
        summed = total(assessment.outcomes, weights)
        scored.append(
            Scored(
                item.creator_id, item.bundle_id, assessment.creator.model_dump(mode="json"), assessment.eligible,
                summed.value, summed.low, summed.high, summed.known,
                compress_detail(plain), hashlib.sha256(plain).hexdigest(), is_own_data(bundle),
            )
        )  # fmt: skip
        rows.append((item.creator_id, assessment.eligible, assessment.outcomes))
    return BatchResult(scored, Vectors.of(tuple(criteria()), rows).packed())


def with_images(context: Context, images: Mapping[str, Any] | None) -> Context:
    """The context with the features of one candidate's images."""
    if not images:
        return context
    return replace(context, images={url: ImageFeatures.from_json(features) for url, features in images.items()})


def score_bytes(
    bundle: EvidenceBundle, context: Context, weights: Mapping[str, int], *, bundle_id: UUID, bundle_hash: str,
    scored_at: datetime,
) -> tuple[Assessment, bytes]:  # fmt: skip
    """The assessment of one bundle, and its score as canonical JSON without a rank."""
    assessment = assess(bundle, context)
    score = score_of(
        assessment, weights, bundle_id=bundle_id, bundle_hash=bundle_hash, scored_at=scored_at,
        evidence_expires_at=bundle.expires_at,
    )  # fmt: skip
    return assessment, score.model_dump_json().encode()


def compress_detail(plain: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(plain)


def read_detail(detail: bytes) -> Score:
    """The score of a stored row."""
    return Score.model_validate_json(zstandard.ZstdDecompressor().decompress(detail, max_output_size=64_000_000))


def setup_of(
    brief: Brief, benchmarks: Benchmarks, permitted_uses: Mapping[str, Sequence[str]], weights: Mapping[str, int],
    scored_at: datetime, references: Mapping[str, Any] | None = None,
) -> Setup:  # fmt: skip
    """`references` are the features of the brief's reference images, by address."""
    return Setup(
        brief.model_dump_json(),
        json.dumps(benchmarks.as_json()),
        json.dumps({platform: list(uses) for platform, uses in sorted(permitted_uses.items())}),
        tuple(sorted(weights.items())),
        scored_at,
        json.dumps([(references or {})[url] for url in sorted(references or {})]),
    )


@lru_cache(maxsize=4)
def context_of_setup(setup: Setup) -> Context:
    """The compiled context; kept, since every batch of a ranking has the same one."""
    uses = {
        platform: frozenset(PermittedUse(use) for use in names)
        for platform, names in json.loads(setup.permitted_uses).items()
    }
    return Context(
        BriefTerms(Brief.model_validate_json(setup.brief)),
        Benchmarks.from_json(json.loads(setup.benchmarks)),
        uses,
        tuple(ImageFeatures.from_json(features) for features in json.loads(setup.references)),
    )
