"""Claims about links and codes in bulk."""

import csv
import io

import httpx
import pytest

from tests.house import Tenant
from tests.services.attribution import making


async def send(tenant: Tenant, path: str, text: str | bytes) -> httpx.Response:
    return await tenant.client("attribution").post(path, content=text, headers={"Content-Type": "text/csv"})


async def test_a_file_of_links_makes_them_all(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    tail = tenant.workspace_id.hex[-10:]
    text = (
        "partnership_id,destination_url,slug,utm_source,click_cap\r\n"
        f"{made['id']},https://shop.example.com/a,aa-{tail},bluesky,10\r\n"
        f"{made['id']},https://shop.example.com/b,,,\r\n\r\n"
    )
    answer = await send(tenant, "/v1/links/import", "\ufeff" + text)
    assert answer.status_code == 201, answer.text
    one, other = answer.json()["items"]
    assert (one["slug"], one["utm"]["source"], one["click_cap"]) == (f"aa-{tail}", "bluesky", 10)
    assert other["destination_url"] == "https://shop.example.com/b"


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("not-an-id,https://a.example/,", "line 3: partnership_id"),
        ("{id},ftp://a.example/,", "line 3"),
        ("{id}", "line 3"),
    ],
)
async def test_a_file_with_a_fault_makes_nothing_and_says_where(tenant: Tenant, line: str, where: str) -> None:
    made = await making.partnership(tenant, approved=True)
    good = f"{made['id']},https://a.example/,"
    text = f"partnership_id,destination_url,label\n{good}\n{line.format(id=made['id'])}\n"
    answer = await send(tenant, "/v1/links/import", text)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(where)
    assert (await tenant.client("attribution").get("/v1/links")).json()["items"] == []


async def test_a_taken_code_in_a_file_makes_nothing_and_names_its_line(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    answer = await send(tenant, "/v1/codes/import", f"partnership_id,code\n{made['id']},ANA10\n{made['id']},ana-10\n")
    assert (answer.status_code, answer.json()["detail"][:7]) == (409, "line 3:")
    assert (await tenant.client("attribution").get("/v1/codes")).json()["items"] == []


@pytest.mark.parametrize("text", [b"\xff\xfe", "unknown_column\n", "", 'partnership_id,code\n"open', "a" * 10])
async def test_what_is_no_such_file_is_refused(tenant: Tenant, text: str | bytes) -> None:
    assert (await send(tenant, "/v1/codes/import", text)).status_code == 422


async def test_another_media_type_is_refused(tenant: Tenant) -> None:
    answer = await tenant.client("attribution").post("/v1/links/import", json={})
    assert answer.status_code == 415


async def test_codes_go_out_as_a_file_for_the_shop(tenant: Tenant, other_tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    text = (
        f"partnership_id,code,percent_bp,one_per_customer,ends_at\n{made['id']},ANA10,1050,yes,2027-03-31T00:00:00Z\n"
    )
    assert (await send(tenant, "/v1/codes/import", text)).status_code == 201
    path = f"/v1/campaigns/{made['campaign_id']}/codes/export"
    answer = await tenant.client("attribution").get(path)
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["code"], row["percent"], row["one_per_customer"]) == ("ANA10", "10.50", "yes")
    assert (await other_tenant.client("attribution").get(path)).status_code == 404
