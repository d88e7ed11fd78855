"""Fetching images by the guarded client: bounded in number, bytes and time; what cannot be read is left out."""

import asyncio
from collections.abc import Sequence

import structlog

from services.scoring.images.features import ImageFeatures
from services.scoring.images.read import MAX_BYTES, UnreadableImage, read_image
from shared.kit.http import HttpClient, HttpError, HttpInvalidUrl

PER_CREATOR = 6
_AT_ONCE = 8
_SECONDS = 15.0
_log = structlog.get_logger(__name__)


async def fetch_features(egress: HttpClient, urls: Sequence[str]) -> dict[str, ImageFeatures]:
    """Features by address; addresses that are refused, away, too large or no image are missing."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(url: str) -> tuple[str, ImageFeatures | None]:
        async with slots:
            return url, await _fetch(egress, url)

    found = await asyncio.gather(*(one(url) for url in dict.fromkeys(urls)))
    return {url: features for url, features in found if features is not None}


async def _fetch(egress: HttpClient, url: str) -> ImageFeatures | None:
    try:
        async with asyncio.timeout(_SECONDS), egress.stream("GET", url) as answer:
            if answer.status_code != 200:
                return None
            content = bytearray()
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MAX_BYTES:
                    return None
        return await asyncio.to_thread(read_image, bytes(content))
    except (HttpError, HttpInvalidUrl, UnreadableImage, TimeoutError, ValueError) as error:
        _log.info("image not read", reason=type(error).__name__)
        return None
