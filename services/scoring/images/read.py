"""Reading images from strangers: formats, bytes and pixels are bounded before anything is decoded."""

import hashlib
import io
import warnings

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, UnidentifiedImageError

from services.scoring.images.features import ImageFeatures

MAX_BYTES = 12_000_000
MAX_PIXELS = 40_000_000
MAX_SIDE = 20_000
# Raster formats only: an SVG is a document with scripts, a PDF or archive is no image.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SIDE = 96
_HUES, _LIGHTS, _GREYS = 12, 3, 4
_GREY_BELOW = 40  # of 255 saturation; paler pixels have no hue to speak of
SWATCHES = 5

Pixels = npt.NDArray[np.int64]


class UnreadableImage(Exception):  # noqa: N818  # reads as what happened
    """The bytes are no image that is read here; the message says why."""


def read_image(content: bytes) -> ImageFeatures:
    """The features of an image's first frame. UnreadableImage for other formats, broken, huge or hostile ones."""
    if len(content) > MAX_BYTES:
        raise UnreadableImage(f"more than {MAX_BYTES:,} bytes")
    small = _decoded(content)
    rgb: Pixels = np.asarray(small, dtype=np.uint8).astype(np.int64).reshape(SIDE, SIDE, 3)
    hsv: Pixels = np.asarray(small.convert("HSV"), dtype=np.uint8).astype(np.int64).reshape(SIDE, SIDE, 3)
    # ITU-R BT.601 luma in thousandths, as whole numbers
    light = (299 * rgb[..., 0] + 587 * rgb[..., 1] + 114 * rgb[..., 2]) // 1_000
    return ImageFeatures(
        sha256=hashlib.sha256(content).hexdigest(),
        palette=_palette(hsv),
        light=_share(int(light.sum()), light.size * 255),
        contrast=_share(int(np.abs(light - int(light.sum()) // light.size).sum()), light.size * 128),
        saturation=_share(int(hsv[..., 1].sum()), light.size * 255),
        texture=_share(int(np.abs(np.diff(light, axis=0)).sum() + np.abs(np.diff(light, axis=1)).sum()),
                       2 * SIDE * (SIDE - 1) * 255),
        grid=tuple(
            _share(int(light[32 * row : 32 * row + 32, 32 * column : 32 * column + 32].sum()), 32 * 32 * 255)
            for row in range(3)
            for column in range(3)
        ),
        swatches=_swatches(rgb),
    )  # fmt: skip


def _decoded(content: bytes) -> Image.Image:
    """SIDE by SIDE RGB pixels. The declared size is checked before the pixels are unpacked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                width, height = image.size
                if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE or min(width, height) < 1:
                    raise UnreadableImage(f"{width} by {height} pixels are too many")
                image.draft("RGB", (4 * SIDE, 4 * SIDE))
                frame = image.convert("RGBA")
    except UnreadableImage:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError, Warning,
            Image.DecompressionBombError) as error:  # fmt: skip
        raise UnreadableImage(f"not a readable image: {type(error).__name__}") from error
    flat = Image.new("RGBA", frame.size, (255, 255, 255, 255))
    flat.alpha_composite(frame)
    return flat.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6)


def _palette(hsv: Pixels) -> tuple[float, ...]:
    """Shares of pixels per hue and light, then of grey ones per light."""
    hue, saturation, value = hsv[..., 0].ravel(), hsv[..., 1].ravel(), hsv[..., 2].ravel()
    coloured = (saturation >= _GREY_BELOW) & (value >= 32)
    bins = np.where(
        coloured,
        (hue * _HUES // 256) * _LIGHTS + value * _LIGHTS // 256,
        _HUES * _LIGHTS + value * _GREYS // 256,
    )
    counts = np.bincount(bins, minlength=_HUES * _LIGHTS + _GREYS)
    return tuple(_share(int(count), bins.size) for count in counts)


def _swatches(rgb: Pixels) -> tuple[tuple[int, int, int, float], ...]:
    """The commonest colours of a 6 by 6 by 6 cube, each as the mean of its pixels."""
    pixels = rgb.reshape(-1, 3)
    cube = (pixels * 6 // 256) @ np.array([36, 6, 1])
    counts = np.bincount(cube, minlength=216)
    order = sorted(range(216), key=lambda index: (-int(counts[index]), index))[:SWATCHES]
    found = []
    for index in order:
        count = int(counts[index])
        if count:
            red, green, blue = (int(total) // count for total in pixels[cube == index].sum(axis=0))
            found.append((red, green, blue, _share(count, len(pixels))))
    return tuple(found)


ImageFile.LOAD_TRUNCATED_IMAGES = False
