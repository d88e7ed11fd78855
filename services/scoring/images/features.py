"""What an image looks like, as a few numbers: palette, light, contrast, composition, texture."""

from dataclasses import dataclass


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
