"""What criteria and gates read beside the evidence: brief, benchmarks, what platforms permit, image features."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.scoring.brief_terms import BriefTerms
from services.scoring.images.features import ImageFeatures
from services.scoring.peers import Benchmarks, shipped
from shared.schemas.brief import Brief
from shared.schemas.platforms import PermittedUse


@dataclass(frozen=True)
class Context:
    """The same for all candidates of a ranking, but for `images`: features by address, of images that were read."""

    terms: BriefTerms
    benchmarks: Benchmarks
    permitted_uses: Mapping[str, frozenset[PermittedUse]] = field(default_factory=dict)
    reference_images: tuple[ImageFeatures, ...] = ()
    images: Mapping[str, ImageFeatures] = field(default_factory=dict)

    @property
    def brief(self) -> Brief:
        return self.terms.brief


def context_of(brief: Brief, benchmarks: Benchmarks | None = None) -> Context:
    """A context with the shipped benchmarks unless others are given."""
    return Context(BriefTerms(brief), benchmarks or shipped())
