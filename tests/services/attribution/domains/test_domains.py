"""Claims about branded domains: proven by a TXT record or a well-known text before they serve anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import dns.message
import dns.rrset
import httpx
import pytest
from starlette.types import Receive, Scope, Send

from services.attribution.domains import service
from tests.house import House, Tenant, make_tenant, open_house
from tests.services.attribution import making
from tests.services.attribution.hits.agents import CHROME_ANDROID
from tests.services.attribution.hits.browser import serving
from tests.services.attribution.making import Json
from tests.services.attribution.orders import get


class NameServer(asyncio.DatagramProtocol):
    """Answers TXT questions from `records`, on loopback."""

    def __init__(self) -> None:
        self.records: dict[str, str] = {}
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        name = question.question[0].name.to_text().rstrip(".")
        if name in self.records:
            answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", f'"{self.records[name]}"'))
        self.transport.sendto(answer.to_wire(), addr)


class Place:
    """What a host of the brand answers at every address."""

    def __init__(self) -> None:
        self.status, self.text = 404, ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = self.text.encode()
        await send({"type": "http.response.start", "status": self.status,
                    "headers": [(b"content-length", str(len(body)).encode())]})  # fmt: skip
        await send({"type": "http.response.body", "body": body})


class Scene:
    """A house that asks our own name server and may call one host on loopback."""

    def __init__(self, house: House, names: NameServer, place: Place, host: str) -> None:
        self.house, self.names, self.place, self.host = house, names, place, host

    async def look(self) -> None:
        while await service.check_due(self.house.runtime("attribution")):
            pass


@pytest.fixture
async def scene(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    place = Place()
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(serving(place))
        transport, names = await asyncio.get_running_loop().create_datagram_endpoint(
            NameServer, local_addr=("127.0.0.1", 0)
        )
        stack.callback(transport.close)
        port = transport.get_extra_info("sockname")[1]
        host = address.removeprefix("http://")
        house = await open_house(
            stack, fresh_database_url, tmp_path / "home", dns_servers=f"127.0.0.1:{port}", egress_allow=host
        )
        yield Scene(house, names, place, host)


async def claim(tenant: Tenant, host: str) -> Json:
    return await making.post(tenant, "/v1/domains", {"host": host})


async def test_a_txt_record_proves_a_domain(scene: Scene) -> None:
    tenant = await make_tenant(scene.house)
    made = await claim(tenant, "go.fellside.example.com")
    assert (made["state"], made["txt_name"]) == ("pending", "_groundswell.go.fellside.example.com")
    scene.names.records[made["txt_name"]] = "somebody else's"
    await scene.look()
    found = await get(tenant, f"/v1/domains/{made['id']}")
    assert (found["state"], "TXT" in found["error"]) == ("pending", True)
    scene.names.records[made["txt_name"]] = made["token"]
    await making.post(tenant, f"/v1/domains/{made['id']}/verify", {}, expect=202)
    await scene.look()
    found = await get(tenant, f"/v1/domains/{made['id']}")
    assert (found["state"], found["error"], found["next_check_at"]) == ("verified", None, None)


async def test_a_text_at_the_well_known_address_proves_a_domain(scene: Scene) -> None:
    tenant = await make_tenant(scene.house)
    made = await claim(tenant, scene.host)
    scene.place.status, scene.place.text = 302, made["token"]
    await scene.look()
    assert (await get(tenant, f"/v1/domains/{made['id']}"))["state"] == "pending"
    scene.place.status, scene.place.text = 200, f"{made['token']}\n"
    await making.post(tenant, f"/v1/domains/{made['id']}/verify", {}, expect=202)
    await scene.look()
    assert (await get(tenant, f"/v1/domains/{made['id']}"))["state"] == "verified"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "169.254.169.254", "intranet", "db.internal", "10.0.0.7"])
async def test_a_host_of_a_private_network_is_refused(tenant: Tenant, host: str) -> None:
    await making.post(tenant, "/v1/domains", {"host": host}, expect=422)


async def verified(scene: Scene, tenant: Tenant, host: str) -> Json:
    made = await claim(tenant, host)
    scene.names.records[made["txt_name"]] = made["token"]
    await scene.look()
    return made


async def test_only_one_workspace_proves_a_host(scene: Scene) -> None:
    first, second = await make_tenant(scene.house), await make_tenant(scene.house)
    await verified(scene, first, "go.fellside.example.com")
    late = await verified(scene, second, "go.fellside.example.com")
    found = await get(second, f"/v1/domains/{late['id']}")
    assert (found["state"], "another workspace" in found["error"]) == ("pending", True)
    body = {"host": "go.fellside.example.com", "destination_url": "https://shop.example.com/"}
    for tenant, status in ((first, 201), (second, 422)):
        partnership = await making.partnership(tenant, approved=True)
        await making.post(tenant, "/v1/links", {**body, "partnership_id": partnership["id"]}, expect=status)


async def ask(scene: Scene, host: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=scene.house.app("attribution"))
    async with httpx.AsyncClient(
        transport=transport, base_url=f"http://{host}", headers={"User-Agent": CHROME_ANDROID}
    ) as client:
        return await client.get(path)


async def test_a_slug_is_its_hosts_own_and_links_and_pages_are_served_by_host(scene: Scene) -> None:
    tenant = await make_tenant(scene.house)
    await verified(scene, tenant, "go.fellside.example.com")
    partnership = await making.partnership(tenant, approved=True)
    links = {}
    for host in (None, "go.fellside.example.com"):
        links[host] = await making.link(
            tenant, partnership_id=partnership["id"], slug="ana-spring", host=host,
            destination_url=f"https://shop.example.com/{'branded' if host else 'own'}",
        )  # fmt: skip
    branded = links["go.fellside.example.com"]
    assert branded["short_url"] == "http://go.fellside.example.com/r/ana-spring"
    body = {"partnership_id": partnership["id"], "link_id": branded["id"], "title": "Ana", "slug": "ana-page"}
    page = await making.post(tenant, "/v1/pages", body)
    assert page["url"] == "http://go.fellside.example.com/p/ana-page"
    hits = scene.house.app("attribution").state.hits
    async with asyncio.timeout(15):
        while "go.fellside.example.com" not in hits.links.hosts:  # noqa: ASYNC110  # read every other second
            await asyncio.sleep(0.05)
    found = {}
    for host in ("go.fellside.example.com", "GO.fellside.example.com", "attribution.test"):
        found[host] = (await ask(scene, host, "/r/ana-spring")).headers["location"].partition("?")[0]
    assert found == {
        "go.fellside.example.com": "https://shop.example.com/branded",
        "GO.fellside.example.com": "https://shop.example.com/branded",
        "attribution.test": "https://shop.example.com/own",
    }
    assert (await ask(scene, "go.fellside.example.com", "/p/ana-page")).status_code == 200
    assert (await ask(scene, "attribution.test", "/p/ana-page")).status_code == 404


async def test_a_domain_in_use_is_not_given_back(scene: Scene) -> None:
    tenant = await make_tenant(scene.house)
    made = await verified(scene, tenant, "go.fellside.example.com")
    unused = await verified(scene, tenant, "old.fellside.example.com")
    await making.link(tenant, host="go.fellside.example.com")
    async with tenant.client("attribution") as client:
        assert (await client.delete(f"/v1/domains/{made['id']}")).status_code == 409
        assert (await client.delete(f"/v1/domains/{unused['id']}")).status_code == 204
    await making.post(
        tenant, "/v1/links",
        {"partnership_id": (await making.partnership(tenant, approved=True))["id"], "host": "old.fellside.example.com",
         "destination_url": "https://shop.example.com/"},
        expect=422,
    )  # fmt: skip
