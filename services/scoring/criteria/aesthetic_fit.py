"""Aesthetic fit: how near the creator's images look to the brand's reference images."""

import math

from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, abstained, data_used, not_applicable, scored
from services.scoring.evidence import Evidence
from services.scoring.images.features import ImageFeatures, likeness
from services.scoring.statistics.curves import curve
from services.scoring.statistics.intervals import share_width
from shared.schemas.posts import MediaKind
from shared.schemas.rankings import EvidenceKind, EvidenceLink

# Unrelated photographs are alike by about a half: they share sky, skin and daylight.
_POINTS = ((0.4, 0.0), (0.55, 25.0), (0.7, 60.0), (0.85, 95.0), (0.95, 100.0))


class AestheticFit(Criterion):
    """The mean, over the creator's images, of the likeness to the nearest reference image: palette, light, contrast,
    saturation, composition and texture."""

    version = "1"
    title = "Aesthetic fit"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        if not context.brief.reference_images:
            return not_applicable("the brief has no reference images")
        if not context.reference_images:
            return abstained("none of the brief's reference images could be read")
        images = image_urls(evidence)
        read = {url: context.images[url] for url in images if url in context.images}
        distinct = {features.sha256: (url, features) for url, features in sorted(read.items())}
        if not distinct:
            return abstained(f"none of the creator's {len(images)} images was read")
        nearest = []
        for url, features in sorted(distinct.values(), key=lambda pair: pair[1].sha256):
            near, reference, aspects = _nearest(features, context.reference_images)
            nearest.append((near, url, reference, aspects))
        mean = math.fsum(near for near, *_ in nearest) / len(nearest)
        best = sorted(nearest, key=lambda pair: (-pair[0], pair[1]))
        parts = best[0][3]
        strongest = sorted(parts, key=lambda name: (-parts[name], name))[:2]
        return scored(
            curve(mean, _POINTS),
            share_width(len(nearest)),
            [
                f"{len(nearest)} images are alike to their nearest reference image by {mean:.2f} on average",
                f"the nearest pair is alike by {best[0][0]:.2f}, most in {' and '.join(strongest)}",
            ],
            evidence=[
                EvidenceLink(
                    kind=EvidenceKind.IMAGE, ref=reference.sha256[:16], url=url[:1_000], note=f"alike by {near:.2f}"
                )
                for near, url, reference, _ in best[:6]
            ],
            data_used=data_used(posts=len(nearest), times=[post.at for post in evidence.posts]),
        )


def image_urls(evidence: Evidence) -> list[str]:
    """Addresses of the creator's images, newest posts first, the profile picture last."""
    found = [
        media.preview_url or media.url
        for post in evidence.posts
        for media in post.post.media[:10]
        if media.kind in (MediaKind.IMAGE, MediaKind.CAROUSEL, MediaKind.VIDEO, MediaKind.GIF)
    ]
    return list(dict.fromkeys(url for url in found if url))


def _nearest(
    image: ImageFeatures, references: tuple[ImageFeatures, ...]
) -> tuple[float, ImageFeatures, dict[str, float]]:
    pairs = [(*likeness(image, reference), reference) for reference in references]
    near, aspects, reference = max(pairs, key=lambda pair: (pair[0], pair[2].sha256))
    return near, reference, aspects


AESTHETIC_FIT = AestheticFit()
