"""Images from strangers: hostile ones are refused, in bounded time and memory."""

import io
import struct
import zlib

import pytest
from PIL import Image

from services.scoring.images.features import ImageFeatures, likeness
from services.scoring.images.read import MAX_BYTES, SIDE, UnreadableImage, read_image


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that declares a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
        + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect width="9" height="9"/></svg>'


@pytest.mark.parametrize(
    "content",
    [bomb(60_000, 60_000), bomb(30_000, 1), SVG, b"", b"GIF89a", b"%PDF-1.7 " + b"0" * 100, b"\xff\xd8\xff\xe0broken",
     b"\0" * (MAX_BYTES + 1), encoded(Image.new("RGB", (9, 9)), "BMP"), encoded(Image.new("RGB", (9, 9)), "TIFF")],
    ids=["bomb", "wide", "svg", "empty", "cut gif", "pdf", "cut jpeg", "too big", "bmp", "tiff"],
)  # fmt: skip
def test_what_is_no_harmless_raster_image_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableImage):
        read_image(content)


def test_a_polyglot_is_read_as_the_image_it_begins_as_and_nothing_else_of_it_is() -> None:
    image = encoded(Image.new("RGB", (30, 20), (200, 30, 30)))
    polyglot = read_image(image + b"PK\x03\x04" + SVG)
    plain = read_image(image)
    assert (polyglot.palette, polyglot.light) == (plain.palette, plain.light)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_features_are_shares(kind: str) -> None:
    found = read_image(encoded(Image.radial_gradient("L").convert("RGB"), kind))
    assert abs(sum(found.palette) - 1) < 1e-4
    for share in (found.light, found.contrast, found.saturation, found.texture, *found.grid):
        assert 0 <= share <= 1
    assert SIDE == 96


def test_an_image_is_like_itself_more_than_like_others() -> None:
    black, white = (read_image(encoded(Image.new("RGB", (9, 9), colour))) for colour in ("black", "white"))

    def near(first: ImageFeatures, second: ImageFeatures) -> float:
        return likeness(first, second)[0]

    assert near(black, black) == near(white, white) == 1.0
    assert near(black, white) == near(white, black) < 0.5
