"""Aesthetic fit: likeness of images."""

import io
from dataclasses import replace

from PIL import Image, ImageDraw

from services.scoring.context import Context, context_of
from services.scoring.criteria.aesthetic_fit import AESTHETIC_FIT
from services.scoring.evidence import Evidence
from services.scoring.images.features import ImageFeatures
from services.scoring.images.read import read_image
from shared.schemas.posts import Media, MediaKind
from shared.schemas.rankings import CriterionStatus
from tests.services.scoring.made import brief, bundle, post

REFERENCE = "https://brand.example.com/look.png"


def picture(sky: tuple[int, int, int], ground: tuple[int, int, int], noise: int = 0) -> ImageFeatures:
    image = Image.new("RGB", (200, 150), sky)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 90, 200, 150), fill=ground)
    for n in range(noise):
        draw.line((n * 7 % 200, 0, n * 13 % 200, 150), fill=(255, 255, 255))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return read_image(buffer.getvalue())


BLUE = picture((90, 140, 220), (40, 110, 50))
LIKE = picture((95, 145, 215), (45, 115, 45))
NEON = picture((255, 0, 200), (0, 0, 0), noise=60)


def context(*references: ImageFeatures, images: dict[str, ImageFeatures]) -> Context:
    base = context_of(brief(reference_images=[REFERENCE]))
    return replace(base, reference_images=references, images=images)


def value(image: ImageFeatures) -> int:
    url = "https://cdn.example.com/1.png"
    found = bundle([post(media=(Media(kind=MediaKind.IMAGE, url=url),))])
    outcome = AESTHETIC_FIT.assess(Evidence(found), context(BLUE, images={url: image}))
    assert outcome.value is not None
    assert outcome.evidence[0].url == url
    return outcome.value


def test_a_like_image_is_nearer_than_another_world() -> None:
    assert value(LIKE) > 90_000_000 > 40_000_000 > value(NEON)


def test_without_reference_images_nothing_is_asked() -> None:
    assert AESTHETIC_FIT.assess(Evidence(bundle()), context_of(brief())).status is CriterionStatus.NOT_APPLICABLE


def test_images_that_were_not_read_are_unknown() -> None:
    found = Evidence(bundle([post(media=(Media(kind=MediaKind.IMAGE, url="https://cdn.example.com/1.png"),))]))
    assert AESTHETIC_FIT.assess(found, context(BLUE, images={})).status is CriterionStatus.ABSTAINED
    assert AESTHETIC_FIT.assess(found, context(images={})).status is CriterionStatus.ABSTAINED
