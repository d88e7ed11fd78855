"""Images of a ranking: fetched by the guarded client, kept for replays."""

import io
from collections.abc import AsyncIterator

import httpx
import pytest
from PIL import Image

from services.scoring.rankings.images import fetch_features
from shared.kit.http import create_http_client
from shared.schemas.evidence import EvidenceBundle
from shared.schemas.posts import Media, MediaKind
from tests.house import House, Tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.made import brief, bundle, post
from tests.services.scoring.rankings.test_rankings import rank, scores

REFERENCE = "https://brand.example.com/look.png"


def png(colour: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
async def fetched(house: House) -> AsyncIterator[list[str]]:
    """Addresses that the guarded client was asked for; images come from a web of the test's own."""
    runtime, calls = house.runtime("scoring"), []
    before = runtime.egress
    web = {
        REFERENCE: png((40, 90, 180)), "https://cdn.example.com/like.png": png((45, 95, 175)),
        "https://cdn.example.com/other.png": png((250, 240, 0)), "https://cdn.example.com/page.png": b"<svg/>",
    }  # fmt: skip

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(str(request.url))
        content = web.get(str(request.url))
        return httpx.Response(404) if content is None else httpx.Response(200, content=content)

    runtime.egress = create_http_client(runtime.settings, transport=httpx.MockTransport(answer))
    yield calls
    runtime.egress = before


def showing(url: str, number: int) -> EvidenceBundle:
    return bundle([post(10 + number, media=(Media(kind=MediaKind.IMAGE, url=url),))], number=number)


async def test_looks_are_compared_and_a_replay_fetches_nothing(
    tenant: Tenant, serve: Serve, fetched: list[str]
) -> None:
    made = [showing(f"https://cdn.example.com/{name}.png", n) for n, name in enumerate(["like", "other", "page"], 1)]
    ranking = await rank(tenant, serve(made, brief(reference_images=[REFERENCE])))
    looks = {
        score["creator"]["handle"]: next(r for r in score["criteria"] if r["name"] == "aesthetic_fit")
        for score in await scores(tenant, ranking)
    }
    assert looks["runner1.example"]["value"] > 90 > looks["runner2.example"]["value"]
    assert looks["runner3.example"]["status"] == "abstained"
    fetched.clear()
    for score in await scores(tenant, ranking):
        async with tenant.client("scoring") as client:
            path = f"/v1/rankings/{ranking['id']}/scores/{score['creator']['id']}/replay"
            assert (await client.post(path)).json()["identical"] is True
    assert fetched == []


async def test_addresses_inside_our_own_network_are_not_called(house: House) -> None:
    urls = [
        "http://127.0.0.1:1/x.png",
        "http://169.254.169.254/latest",
        "http://localhost/x.png",
        "https://[::1]/x.png",
    ]
    assert await fetch_features(house.runtime("scoring").egress, urls) == {}


async def test_without_reference_images_nothing_is_fetched(tenant: Tenant, serve: Serve, fetched: list[str]) -> None:
    made = bundle([post(1, media=(Media(kind=MediaKind.IMAGE, url="https://cdn.example.com/like.png"),))])
    await rank(tenant, serve([made]))
    assert fetched == []
