"""What an image looks like, as a few numbers: palette, light, contrast, composition, texture; how alike two are."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# How much each aspect weighs in the likeness of two images.
_WEIGHTS = {"palette": 0.4, "light": 0.15, "contrast": 0.1, "saturation": 0.1, "composition": 0.15, "texture": 0.1}


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """Shares of light and colour, all 0 to 1 and quantised to 1e-6.

    `palette` holds the shares of pixels in a fixed grid of hue, saturation and light; `swatches` the commonest colours
    as RGB with their shares, for showing; `grid` the mean light of 3 by 3 fields; `texture` the mean step between
    neighbouring pixels.
    """

    sha256: str
    palette: tuple[float, ...]
    light: float
    contrast: float
    saturation: float
    texture: float
    grid: tuple[float, ...]
    swatches: tuple[tuple[int, int, int, float], ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "ImageFeatures":
        return ImageFeatures(
            sha256=str(content["sha256"]),
            palette=tuple(map(float, content["palette"])),
            light=float(content["light"]),
            contrast=float(content["contrast"]),
            saturation=float(content["saturation"]),
            texture=float(content["texture"]),
            grid=tuple(map(float, content["grid"])),
            swatches=tuple((int(r), int(g), int(b), float(share)) for r, g, b, share in content["swatches"]),
        )


def likeness(first: ImageFeatures, second: ImageFeatures) -> tuple[float, dict[str, float]]:
    """0 to 1, and each aspect's part of it: shared palette (histogram intersection), and how near the rest lies."""
    aspects = {
        "palette": math.fsum(min(a, b) for a, b in zip(first.palette, second.palette, strict=True)),
        "light": 1.0 - abs(first.light - second.light),
        "contrast": 1.0 - abs(first.contrast - second.contrast),
        "saturation": 1.0 - abs(first.saturation - second.saturation),
        "composition": 1.0 - math.fsum(abs(a - b) for a, b in zip(first.grid, second.grid, strict=True)) / 9.0,
        # steps between pixels are small numbers: a tenth is already another world
        "texture": max(0.0, 1.0 - 10.0 * abs(first.texture - second.texture)),
    }
    return math.fsum(_WEIGHTS[name] * value for name, value in aspects.items()), aspects
