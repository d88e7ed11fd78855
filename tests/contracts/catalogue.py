"""A valid call for every operation of the three documents, on a workspace that holds at least one of everything.

A new operation is added here by its operation_id, or the contract suites fail: tenancy, equal requests, failures at
COMMIT and hostile input run over every entry.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import text

from shared.kit.ids import new_id
from shared.schemas.ids import encode
from tests.contracts import openapi
from tests.house import Tenant

ADMIN_ONLY = {
    "create_workspace", "list_workspaces", "create_key", "list_keys", "revoke_key", "delete_workspace",
    "delete_workspace_data", "erase_creator_data",
}  # fmt: skip
SERVICES = ("discovery", "scoring", "attribution")
BRIEF = {"brand": {"name": "Fellside Shoes"}, "topics": ["fell running"], "hashtags": ["#fellrunning"]}
ARCHIVE = b"".join(
    json.dumps(line).encode() + b"\n"
    for line in (
        {"kind": "creator", "platform": "instagram", "platform_id": "1", "handle": "ana", "followers": 4200},
        {"kind": "creator", "platform": "instagram", "platform_id": "2", "handle": "ben", "followers": 5200},
        *(
            {
                "kind": "post", "platform": "instagram", "platform_id": f"p{author}{n}", "author_id": str(author),
                "text": "Up before the sun, fell running #fellrunning", "likes": 20 * n, "comments": n,
                "created_at": f"2026-11-{n + 1:02d}T06:00:00Z",
            }
            for author in (1, 2)
            for n in range(5)
        ),
        {"kind": "comment", "platform": "instagram", "post_id": "p10", "author_id": "2", "text": "Which shoes?"},
        {"kind": "nonsense"},
    )
)  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One operation of a document."""

    service: str
    method: str
    path: str
    id: str
    document: dict[str, Any] = field(repr=False, hash=False, compare=False)

    @property
    def writes(self) -> bool:
        return self.method in {"POST", "PUT", "PATCH", "DELETE"}

    @property
    def path_ids(self) -> list[str]:
        return [one["name"] for one in self.document.get("parameters", []) if one["in"] == "path"]


@dataclass
class World:
    """A workspace with at least one of everything: path parameter to identifier."""

    tenant: Tenant
    ids: dict[str, str] = field(default_factory=dict)


Body = Callable[[dict[str, str], str], Any]


def operations() -> list[Operation]:
    """Every operation under /v1 of the three documents."""
    return [
        Operation(name, method.upper(), path, entry["operationId"], entry)
        for name, document in openapi.documents().items()
        for path, entries in document["paths"].items()
        if path.startswith("/v1/")
        for method, entry in entries.items()
    ]


def _terms(ids: dict[str, str], n: str) -> Any:
    fee = {"kind": "fee", "amount_minor": 15000, "currency": "GBP"}
    return {
        "compensation": [fee, {"kind": "commission", "percent_bp": 1000}], "disclosure": {"text": "#ad"},
        "deliverables": [{"kind": "post", "due_to": "2027-03-14"}],
    }  # fmt: skip


# A valid body for every writing operation. `n` differs from call to call, for what must be unique.
BODIES: dict[str, Body] = {
    "create_workspace": lambda ids, n: {"name": f"one {n}"},
    "create_key": lambda ids, n: {"name": f"shop {n}", "scopes": ["read"]},
    "revoke_key": lambda ids, n: None,
    "delete_workspace": lambda ids, n: None,
    "delete_workspace_data": lambda ids, n: None,
    "create_import": lambda ids, n: ARCHIVE,
    "create_import_mapping": lambda ids, n: {
        "name": f"export_{n}",
        "mapping": {"records": [{"kind": "creator", "platform": "x", "columns": {"handle": "User"}}]},
    },
    "replace_import_mapping": lambda ids, n: {
        "records": [{"kind": "creator", "platform": "x", "columns": {"handle": f"User {n}"}}],
    },
    "create_search": lambda ids, n: {"brief": BRIEF, "sources": ["archive"], "name": f"search {n}"},
    "estimate_search": lambda ids, n: {"brief": BRIEF, "sources": ["archive"]},
    "cancel_search": lambda ids, n: None,
    "pause_search": lambda ids, n: None,
    "resume_search": lambda ids, n: None,
    "extend_search": lambda ids, n: {"limits": {"max_calls": 1000, "depth": 3}},
    "create_watch": lambda ids, n: {"search_id": ids["search_id"], "every_hours": 24, "reference": f"again {n}"},
    "change_watch": lambda ids, n: {"every_hours": 48, "reference": f"again {n}"},
    "delete_watch": lambda ids, n: None,
    "delete_creator": lambda ids, n: None,
    "propose_people": lambda ids, n: None,
    "confirm_person": lambda ids, n: None,
    "cut_person": lambda ids, n: {"creator_id": ids["creator_id"]},
    "erase_creator_data": lambda ids, n: {
        "creator_id": encode("crt", new_id()), "platform": "instagram", "platform_id": f"id-{n}",
        "handles": [f"nobody{n}"],
    },
    "create_ranking": lambda ids, n: {
        "search_id": ids["search_id"], "name": f"ranking {n}", "brief": {**BRIEF, "safety": {"blocked_terms": ["sun"]}},
    },
    "create_portfolio": lambda ids, n: {
        "ranking_id": ids["ranking_id"], "name": f"portfolio {n}", "budget_minor": 100_000, "currency": "GBP",
        "default_fee_minor": 5_000,
    },
    "try_weights": lambda ids, n: {"weights": {"engagement": 3, "niche_focus": 1}},
    "replay_score": lambda ids, n: None,
    "decide_gate": lambda ids, n: {"state": "passed", "note": f"harmless {n}"},
    "create_scores": lambda ids, n: {
        "brief": BRIEF,
        "creators": [
            {
                "creator": {"kind": "creator", "platform": "instagram", "platform_id": n, "handle": f"ana{n}"},
                "posts": [],
            }
        ],
    },
    "create_audience_report": lambda ids, n: {
        "reported_on": "2026-10-31", "source": f"media kit {n}",
        "shares": [{"dimension": "age", "key": "25-34", "share": 0.4}],
    },
    "delete_audience_report": lambda ids, n: None,
    "create_campaign": lambda ids, n: {
        "name": f"campaign {n}", "brief": BRIEF, "currency": "GBP", "timezone": "Europe/London",
        "goals": [{"stage": "conversion", "metric": "conversions", "target": 10}],
    },
    "change_campaign": lambda ids, n: {"name": f"renamed {n}"},
    "create_partner": lambda ids, n: {"accounts": [{"platform": "instagram", "platform_id": n, "handle": f"ana{n}"}]},
    "change_partner": lambda ids, n: {"note": f"note {n}"},
    "add_partner_account": lambda ids, n: {"platform": "tiktok", "handle": f"tik{n}"},
    "create_partnership": lambda ids, n: {
        "campaign_id": ids["campaign_id"], "partner_id": ids["fresh_partner_id"], "terms": _terms(ids, n),
    },
    "approve_partnership": lambda ids, n: {"note": "agreed"},
    "move_partnership": lambda ids, n: {"to": "contacted", "reason": "wrote by mail"},
    "set_partnership_terms": _terms,
    "change_code": lambda ids, n: {"max_uses": 500},
    "change_hashtag": lambda ids, n: {"disabled": False},
    "create_domain": lambda ids, n: {"host": f"go{n}.example.com"},
    "change_deliverable": lambda ids, n: {"state": "waived", "reason": f"rained {n}"},
    "create_link": lambda ids, n: {
        "partnership_id": ids["partnership_id"], "destination_url": f"https://shop.example.com/{n}",
    },
    "change_link": lambda ids, n: {"label": f"label {n}"},
    "judge_hits_again": lambda ids, n: None,
    "put_visitor_settings": lambda ids, n: {"cookie": False},
    "create_code": lambda ids, n: {"partnership_id": ids["partnership_id"], "percent_bp": 1000},
    "create_hashtag": lambda ids, n: {"partnership_id": ids["partnership_id"], "hashtag": f"FellsideAna{n}"},
    "create_conversion": lambda ids, n: {
        "kind": "purchase", "occurred_at": "2026-11-20T09:30:00Z", "amount_minor": 8990, "currency": "GBP",
        "code": ids.get("code", "none"), "external_id": f"order-{n}", "source": "shop",
    },
    "create_refund": lambda ids, n: {
        "occurred_at": "2026-11-21T10:00:00Z", "amount_minor": 100, "currency": "GBP", "external_id": f"refund-{n}",
    },
    "import_conversions": lambda ids, n: f"kind,occurred_at,external_id\nlead,2027-03-02T09:30:00Z,lead-{n}\n".encode(),
    "import_links": lambda ids, n: (
        f"partnership_id,destination_url\n{ids['partnership_id']},https://shop.example.com/{n}\n".encode()
    ),
    "import_codes": lambda ids, n: f"partnership_id,code\n{ids['partnership_id']},ANA{n}\n".encode(),
    "import_metrics": lambda ids, n: b"metric,day,value\nsite_visits,2027-03-02,1834\n",
    "put_exchange_rate": lambda ids, n: {
        "base": "EUR", "quote": "GBP", "day": f"{2000 + int(n[-3:], 16) % 1000}-03-02", "rate": "0.8542",
        "source": f"the bank's sheet {n}",
    },
    "delete_exchange_rate": lambda ids, n: None,
    "create_receiver": lambda ids, n: {
        "kind": "shopify", "source": f"shop_{n}", "secret": "the-secret-of-the-shop", "description": "the shop's",
    },
    "create_post": lambda ids, n: {
        "partnership_id": ids["partnership_id"], "url": f"https://instagram.com/p/{n}",
        "published_at": "2026-11-20T08:15:00Z",
    },
}  # fmt: skip

# Operations whose target must be made anew for every call, and how: the extra path identifiers.
FRESH: dict[str, tuple[str, str]] = {
    "delete_workspace": ("create_workspace", "workspace_id"),
    "approve_fees": ("approve_partnership", "partnership_id"),
    "create_payout": ("approve_fees", "fees_id"),
    "revoke_key": ("create_key", "key_id"),
    "delete_domain": ("create_domain", "domain_id"),
    "delete_exchange_rate": ("put_exchange_rate", "rate_id"),
    "delete_import_mapping": ("create_import_mapping", "mapping_id"),
    "delete_audience_report": ("create_audience_report", "report_id"),
    "cancel_search": ("create_search", "search_id"),
    "pause_search": ("create_search", "search_id"),
    "resume_search": ("pause_search", "search_id"),
    "extend_search": ("create_search", "search_id"),
    "delete_watch": ("create_watch", "watch_id"),
    "create_partnership": ("create_partner", "fresh_partner_id"),
    "approve_partnership": ("create_partnership", "partnership_id"),
    "move_partnership": ("approve_partnership", "partnership_id"),
}


def example_body(operation: Operation, ids: dict[str, str]) -> Any:
    """The first example of the operation's body in its document, with identifiers of this world in it; None without."""
    content = operation.document.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = content["schema"]
    reference = next(one["$ref"] for one in [*schema.get("anyOf", []), schema] if "$ref" in one)
    schemas = openapi.documents()[operation.service]["components"]["schemas"]
    return _with_ids(schemas[reference.rpartition("/")[2]]["examples"][0], ids)


def _with_ids(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: ids[name] if name in ids and isinstance(one, str)
            else [ids[name[:-1]]] if name.endswith("_ids") and name[:-1] in ids
            else _with_ids(one, ids)
            for name, one in value.items()
        }  # fmt: skip
    return [_with_ids(one, ids) for one in value] if isinstance(value, list) else value


def is_id(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z]{3}_[0-9a-z]{26}", value) is not None


def unique() -> str:
    return new_id().hex[-12:]


# What an operation needs behind its path.
QUERIES = {"list_related_hashtags": "?hashtag=fellrunning"}


class Caller:
    """Makes valid calls in one world."""

    def __init__(self, world: World, known: dict[str, Operation]) -> None:
        self.world, self.known = world, known

    async def request(
        self, client: httpx.AsyncClient, operation: Operation, *, ids: dict[str, str] | None = None, body: Any = None,
        key: str | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Send `operation`; bytes go as what it takes. An ETag is read first where the operation wants If-Match."""
        if ids is None:
            ids, _ = await self.prepare(operation)
        path = operation.path.format(**ids) + QUERIES.get(operation.id, "")
        headers = {"Idempotency-Key": key} if key else {}
        if operation.method == "PATCH" and (tag := (await client.get(path)).headers.get("etag")):
            headers["If-Match"] = tag
        if isinstance(body, bytes):
            media = next(iter(operation.document["requestBody"]["content"]))
            return await client.request(
                operation.method, path, content=body, headers={**headers, "Content-Type": media}
            )
        return await client.request(operation.method, path, json=body, headers=headers)

    async def prepare(self, operation: Operation) -> tuple[dict[str, str], Any]:
        """Path identifiers and a body for one valid call, with fresh objects where the operation uses one up."""
        ids = dict(self.world.ids)
        if operation.id in {"hold_commissions", "release_commissions"}:
            # a conversion whose commission a job has accrued
            ids["conversion_id"] = (await self.make("create_conversion"))["id"]
            await self.world.tenant.house.run_jobs()
        if operation.id == "release_commissions":
            await self._hold(ids["conversion_id"])
        if operation.id == "retry_inbound_delivery":
            await fail_delivery(self.world)
        if operation.id == "delete_creator":
            ids["creator_id"] = await spare_creator(self.world)
        if operation.id == "cut_person":
            ids |= await spare_person(self.world)
        if operation.id in FRESH:
            maker, name = FRESH[operation.id]
            ids[name] = (await self.make(maker)).get("id", "")
        if operation.id == "delete_webhook_endpoint":
            spare = World(self.world.tenant)
            await _add_webhook_endpoint(spare, operation.service)
            ids |= spare.ids
        ids |= {name: ids[other] for name, other in RENAMED.get(operation.id, {}).items() if other in ids}
        ids |= {name.partition(":")[2]: one for name, one in ids.items() if name.startswith(f"{operation.service}:")}
        if not operation.writes:
            return ids, None
        known = BODIES.get(operation.id)
        return ids, known(ids, unique()) if known else example_body(operation, ids)

    async def _hold(self, conversion_id: str) -> None:
        async with self.world.tenant.client("attribution") as client:
            body = {"conversion_ids": [conversion_id], "reason": "to be released again"}
            assert (await client.post("/v1/ledger/holds", json=body)).status_code < 300

    async def make(self, operation_id: str) -> dict[str, Any]:
        """Call a writing operation and return its answer."""
        operation = self.known[operation_id]
        ids, body = await self.prepare(operation)
        async with self.world.tenant.client(operation.service) as client:
            answer = await self.request(client, operation, ids=ids, body=body)
        assert answer.status_code < 300, (operation_id, answer.text)
        made: dict[str, Any] = answer.json() if answer.content else {}
        return made


async def spare_creator(world: World) -> str:
    """A creator whom nothing else of the world needs."""
    name = f"spare{unique()}"
    line = {"kind": "creator", "platform": "instagram", "platform_id": f"id-{name}", "handle": name, "followers": 900}
    async with world.tenant.client("discovery") as client:
        headers = {"Content-Type": "application/x-ndjson"}
        sent = await client.post("/v1/imports", content=json.dumps(line).encode() + b"\n", headers=headers)
        assert sent.status_code == 202, sent.text
        await world.tenant.house.run_jobs()
        found: str = (await client.get("/v1/creators", params={"handle": name})).json()["items"][0]["id"]
        return found


async def spare_person(world: World) -> dict[str, str]:
    """A person of two accounts that link to each other, and one of these accounts."""
    name = f"spare{unique()}"
    pages = {"instagram": f"https://www.instagram.com/{name}/", "tiktok": f"https://www.tiktok.com/@{name}"}
    lines = [
        {"kind": "creator", "platform": one, "platform_id": f"id-{name}", "handle": name, "website": pages[other]}
        for one, other in (("instagram", "tiktok"), ("tiktok", "instagram"))
    ]
    async with world.tenant.client("discovery") as client:
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        sent = await client.post("/v1/imports", content=body, headers={"Content-Type": "application/x-ndjson"})
        assert sent.status_code == 202, sent.text
        await world.tenant.house.run_jobs()
        creator = (await client.get("/v1/creators", params={"handle": name})).json()["items"][0]
        return {"creator_id": creator["id"], "person_id": creator["person_id"]}


async def fail_delivery(world: World) -> None:
    """Set the world's inbound delivery to failed, as after an outage that outlasted every retry."""
    async with world.tenant.house.runtime("attribution").database.tenant_session(world.tenant.workspace_id) as session:
        await session.execute(text("UPDATE attribution.inbound_deliveries SET state = 'failed'"))


async def build_world(tenant: Tenant) -> World:
    """At least one object of every kind, made through the public API; background work is run to its end."""
    world = World(tenant, {"workspace_id": encode("wsp", tenant.workspace_id), "gate": "brand_safety"})
    caller = Caller(world, {operation.id: operation for operation in operations()})
    ids = world.ids
    for step, name in BUILD:
        if step in caller.known and NEEDS.get(step, "workspace_id") in ids:
            made = await caller.make(step)
            if "id" in made:
                ids.setdefault(name, made["id"])
            if name == "code_id":
                ids["code"] = made["code"]
            if name == "link_id":
                await _visit(tenant, made["slug"])
            await tenant.house.run_jobs()
    for service in SERVICES:
        await _add_webhook_endpoint(world, service)
    await _read_ids(world)
    return world


async def _visit(tenant: Tenant, slug: str) -> None:
    """A person's click on a tracking link."""
    async with tenant.client("attribution") as client:
        await client.get(
            f"/r/{slug}", headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"}
        )


async def _add_webhook_endpoint(world: World, service: str) -> None:
    """An endpoint of that service with one delivery in its log."""
    async with world.tenant.client(service) as client:
        body = {"url": "https://hooks.example.com/in"}
        made = await client.post("/v1/webhook-endpoints", json=body)
        if made.status_code != 201:
            return
        endpoint = world.ids[f"{service}:endpoint_id"] = made.json()["id"]
        sent = await client.post(f"/v1/webhook-endpoints/{endpoint}/test")
        world.ids[f"{service}:delivery_id"] = sent.json()["id"]


# Path parameters that mean something else in one operation than in the others of its service.
RENAMED = {"retry_inbound_delivery": {"attribution:delivery_id": "inbound_delivery_id"}}

# What must be there first.
NEEDS = {
    "create_ranking": "search_id",
    "create_watch": "search_id",
    "create_refund": "conversion_id",
    "create_page": "link_id",
}

# In this order; each answer's `id` becomes the path parameter beside it.
BUILD = (
    ("create_key", "key_id"),
    ("create_import", "import_id"),
    ("create_import_mapping", "mapping_id"),
    ("create_search", "search_id"),
    ("create_watch", "watch_id"),
    ("delete_creator", "erasure_id"),
    ("cut_person", "cut_person_id"),
    ("create_ranking", "ranking_id"),
    ("create_portfolio", "portfolio_id"),
    ("create_campaign", "campaign_id"),
    ("create_partner", "partner_id"),
    ("create_partnership", "new_partnership_id"),
    ("approve_partnership", "partnership_id"),
    ("create_link", "link_id"),
    ("create_code", "code_id"),
    ("create_hashtag", "hashtag_id"),
    ("judge_hits_again", "judging_id"),
    ("create_domain", "domain_id"),
    ("create_page", "page_id"),
    ("create_conversion", "conversion_id"),
    ("create_refund", "refund_id"),
    ("import_conversions", "attribution:import_id"),
    ("receive_metrics", "metrics_id"),
    ("put_exchange_rate", "rate_id"),
    ("create_post", "post_id"),
    ("approve_fees", "fees_id"),
    ("create_payout", "payout_id"),
    ("create_receiver", "receiver_id"),
)


async def _read_ids(world: World) -> None:
    """Identifiers of what was not made by a call of its own."""
    ids = world.ids
    async with world.tenant.client("discovery") as client:
        candidates = await client.get(f"/v1/searches/{ids['search_id']}/candidates")
        ids["creator_id"] = candidates.json()["items"][0]["creator"]["id"]
    ids["person_id"] = (await spare_person(world))["person_id"]
    operation = next(one for one in operations() if one.id == "create_audience_report")
    await Caller(world, {operation.id: operation}).make(operation.id)
    async with world.tenant.client("attribution") as client:
        ids["hit_id"] = (await client.get("/v1/hits")).json()["items"][0]["id"]
        ids["deliverable_id"] = (await client.get("/v1/deliverables")).json()["items"][0]["id"]
        body = b'{"id": "no number"}'
        digest = base64.b64encode(hmac.new(b"the-secret-of-the-shop", body, hashlib.sha256).digest()).decode()
        headers = {"X-Shopify-Hmac-Sha256": digest, "X-Shopify-Topic": "orders/paid", "X-Shopify-Webhook-Id": unique()}
        sent = await client.post(
            f"/in/{ids['receiver_id']}", content=body, headers={**headers, "Content-Type": "application/json"}
        )
        assert sent.status_code == 202, sent.text
        await world.tenant.house.run_jobs()
        deliveries = await client.get(f"/v1/receivers/{ids['receiver_id']}/deliveries")
        ids["inbound_delivery_id"] = deliveries.json()["items"][0]["id"]
