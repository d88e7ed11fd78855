"""The example campaign, run through the public HTTP API alone: from a brief to a report. Every step may be repeated."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.console.api import Api
from services.console.errors import ApiRefused, NotRunning, ProcessFailed
from services.console.example.archive import SEED, brief, generate
from services.console.example.state import Example

PARTNERS = 12
_TRY_FOR_SECONDS = 180
_POLL_SECONDS = 0.3
_NOT_FOUND = 404
_PASSING = {500, 502, 503, 504}

Report = Callable[[str], None]

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
IN_APP = f"{PHONE} Instagram 380.0.0.28.109 (iPhone15,2; iOS 18_5; en_GB)"
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PREVIEW = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
BOT = "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"


async def run(api: Api, example: Example, *, say: Report) -> dict[str, Any]:
    """Run the example to its end: `{report, planted, found, listed}`. Services may go and come back meanwhile."""
    started = example.state.setdefault("started_at", datetime.now(UTC).isoformat())
    example.remember(started_at=started)
    tenant = api.as_key(await _workspace(api, example, say))
    steps = _Steps(tenant, example, say)
    if not example.is_finished:
        archive = generate(seed=SEED, now=datetime.fromisoformat(started))
        await steps.import_archive(list(archive.ndjson()))
        await steps.search()
        await steps.rank()
        scores = [item async for item in _listed(tenant, f"/v1/rankings/{steps.made('ranking')}/scores")]
        eligible = [score for score in scores if score["eligible"]]
        top = eligible[: len(archive.planted)]
        found = sum((s["creator"]["platform"], s["creator"]["platform_id"]) in archive.planted for s in top)
        say(
            f"scored {len(scores)} candidates, {len(eligible)} eligible; {found} of {len(archive.planted)} planted lead"
        )
        await steps.open_campaign()
        assets = [await steps.partner(place, score) for place, score in enumerate(eligible[:PARTNERS])]
        say(f"approved {len(assets)} creators, each with a promo code and a tracking link")
        await steps.visits(assets)
        example.remember(finished={"planted": len(archive.planted), "found": found, "listed": len(top)})
    report = await _retry(lambda: tenant.call("attribution", "GET", f"/v1/campaigns/{steps.made('campaign')}/report"))
    return {"report": report, **example.state["finished"]}


async def erase(api: Api, example: Example) -> bool:
    """Delete the example's workspace with everything in it; False when there is none."""
    workspace_id = example.state.get("workspace_id")
    if workspace_id is None:
        return False
    try:
        await api.call("attribution", "DELETE", f"/v1/workspaces/{workspace_id}")
    except ApiRefused as error:
        if error.status != _NOT_FOUND:  # deleted by hand, or with the database that it was in
            raise
    example.forget()
    return True


async def _workspace(api: Api, example: Example, say: Report) -> str:
    """The key of the example's own workspace, made on the first run."""
    if "workspace_id" not in example.state:
        name = {"name": "Example (generated)"}
        # after an erasure the next example is another one, with another key
        key = f"example-workspace-{example.state['started_at']}"
        made = await _retry(lambda: api.call("attribution", "POST", "/v1/workspaces", body=name, key=key))
        example.remember(workspace_id=made["id"])
    if "api_key" not in example.state:
        body = {
            "name": "example",
            "scopes": ["read", "write", "approve", "evidence", "export"],
            "workspace_id": example.state["workspace_id"],
        }
        made = await _retry(
            lambda: api.call("attribution", "POST", "/v1/keys", body=body, key=f"example-{body['workspace_id']}")
        )
        example.remember(api_key=made["secret"])
    say("the example has a workspace of its own; `groundswell example --erase` deletes it")
    return str(example.state["api_key"])


class _Steps:
    """The steps of one run. What a step made is kept, and a finished step is not repeated.

    Each carries an Idempotency-Key as well, for the moment between its answer and our writing it down.
    """

    def __init__(self, api: Api, example: Example, say: Report) -> None:
        self.api, self.example, self.say = api, example, say

    def made(self, step: str) -> str:
        """The id of what a finished step made."""
        return str(self.example.state["made"][step]["id"])

    async def _post(self, service: str, path: str, body: Any, *, step: str) -> dict[str, Any]:
        """What the step made, of its answer what later steps need."""
        return await self._once(step, partial(self.api.call, service, "POST", path, body=body, key=f"example-{step}"))

    async def _once(self, step: str, call: Callable[[], Any]) -> dict[str, Any]:
        made: dict[str, dict[str, Any]] = self.example.state.setdefault("made", {})
        if step not in made:
            answer = await _retry(call)
            made[step] = {name: answer[name] for name in ("id", "code", "slug") if name in answer}
            self.example.remember(made=made)
        return made[step]

    async def import_archive(self, lines: list[bytes]) -> None:
        headers = {"Content-Type": "application/x-ndjson"}
        made = await self._once(
            "import",
            lambda: self.api.call(
                "discovery", "POST", "/v1/imports", content=_chunks(lines), key="example-import", headers=headers
            ),
        )
        done = await self._wait("discovery", f"/v1/imports/{made['id']}")
        self.say(
            f"imported {done['lines_merged']} generated lines: {done['creators']} creators, {done['posts']} posts, "
            f"{done['comments']} comments"
        )

    async def search(self) -> None:
        body = {"brief": brief(), "sources": ["archive"], "limits": {"max_calls": 5_000, "depth": 2}}
        made = await self._post("discovery", "/v1/searches", body, step="search")
        done = await self._wait("discovery", f"/v1/searches/{made['id']}")
        progress = done["progress"]
        self.say(f"the search saw {progress['creators_seen']} creators; {progress['candidates']} are candidates")

    async def rank(self) -> None:
        body = {"search_id": self.made("search"), "goal": "conversion"}
        made = await self._post("scoring", "/v1/rankings", body, step="ranking")
        await self._wait("scoring", f"/v1/rankings/{made['id']}")

    async def open_campaign(self) -> None:
        body = {
            "brief": brief(), "search_id": self.made("search"), "currency": "GBP", "generated": True,
            "ranking_id": self.made("ranking"), "owned_accounts": ["instagram:fellside.example"],
        }  # fmt: skip
        await self._post("attribution", "/v1/campaigns", body, step="campaign")

    async def partner(self, place: int, score: dict[str, Any]) -> dict[str, Any]:
        """Creator to partner, partnership, approval, promo code and tracking link."""
        creator = score["creator"]
        account = {
            "platform": creator["platform"], "platform_id": creator["platform_id"], "handle": creator["handle"],
            "creator_id": creator["id"],
        }  # fmt: skip
        partner = await self._post("attribution", "/v1/partners", {"accounts": [account]}, step=f"partner-{place}")
        terms = {
            "compensation": [
                {"kind": "fee", "amount_minor": 5_000 + 1_000 * place, "currency": "GBP", "due": "post"},
                {"kind": "commission", "percent_bp": 1_000, "due": "conversion"},
            ],
            "deliverables": [{"kind": "post", "count": 2}],
        }
        body = {"campaign_id": self.made("campaign"), "partner_id": partner["id"], "terms": terms}
        partnership = await self._post("attribution", "/v1/partnerships", body, step=f"partnership-{place}")
        await self._post(
            "attribution", f"/v1/partnerships/{partnership['id']}/approve", {"note": "example"}, step=f"approve-{place}"
        )
        code = await self._post(
            "attribution", "/v1/codes", {"partnership_id": partnership["id"], "percent_bp": 1_000}, step=f"code-{place}"
        )
        link = await self._post(
            "attribution",
            "/v1/links",
            {"partnership_id": partnership["id"], "destination_url": "https://shop.fellside.example/ridge-2"},
            step=f"link-{place}",
        )
        return {"partnership_id": partnership["id"], "code": code["code"], "slug": link["slug"], "place": place}

    async def visits(self, assets: list[dict[str, Any]]) -> None:
        """Generated visitors: people, previews and bots on the links; purchases by code and by click; a refund."""
        done = self.example.state.setdefault("visited", {})
        for asset in assets:
            slug = asset["slug"]
            if slug not in done:
                clicks = [await self._visit(slug, agent) for agent in _agents(asset["place"])]
                done[slug] = [click for click in clicks if click]
                self.example.remember(visited=done)
        for asset in assets:
            await self._purchases(asset, done[asset["slug"]])
        stray = {"kind": "purchase", "amount_minor": 6_500, "currency": "GBP", "source": "shop"}
        for number in range(5):
            await self._convert({**stray, "external_id": f"walk-in-{number}"}, step=f"stray-{number}")
        await self._decided()
        self.say("visitors, previews and bots came by; purchases, one refund and five unattributed sales were sent")

    async def _decided(self) -> None:
        """Wait for purchases whose click is not judged yet; a click that never is, is given up after ten minutes."""
        call = partial(self.api.call, "attribution", "GET", "/v1/conversions", params={"state": "pending", "limit": 1})
        while (await _retry(call))["items"]:  # noqa: ASYNC110  # another process judges
            await asyncio.sleep(_POLL_SECONDS)

    async def _visit(self, slug: str, agent: tuple[str, str]) -> str | None:
        method, name = agent
        answer = await _retry(lambda: self.api.visit("attribution", method, f"/r/{slug}", user_agent=name))
        found: list[str] = parse_qs(urlsplit(answer.headers.get("location", "")).query).get("gs_click", [])
        return found[0] if found else None

    async def _purchases(self, asset: dict[str, Any], clicks: list[str]) -> None:
        place = asset["place"]
        for number in range(max(1, 8 - place)):
            sale: dict[str, Any] = {
                "kind": "purchase", "amount_minor": 4_990 + 500 * ((place + number) % 5), "currency": "GBP",
                "source": "shop", "external_id": f"order-{place}-{number}", "new_customer": number % 3 == 0,
            }  # fmt: skip
            if number % 2:
                sale["code"] = asset["code"]
            elif clicks:
                sale["click_id"] = clicks[number % len(clicks)]
            made = await self._convert(sale, step=f"order-{place}-{number}")
            if place == 0 and number == 0:
                refund = {
                    "occurred_at": self._moment(), "amount_minor": 2_000, "currency": "GBP", "external_id": "refund-1",
                }  # fmt: skip
                await self._post("attribution", f"/v1/conversions/{made['id']}/refunds", refund, step="refund-1")

    async def _convert(self, sale: dict[str, Any], *, step: str) -> Any:
        return await self._post("attribution", "/v1/conversions", {**sale, "occurred_at": self._moment()}, step=step)

    def _moment(self) -> str:
        """One moment for the whole run, so that a repeated call is the same call."""
        if "visits_at" not in self.example.state:
            self.example.remember(visits_at=datetime.now(UTC).isoformat())
        return str(self.example.state["visits_at"])

    async def _wait(self, service: str, path: str) -> dict[str, Any]:
        """Poll long work until it ends. Raises ProcessFailed when it failed."""
        while True:
            found: dict[str, Any] = await _retry(lambda: self.api.call(service, "GET", path))
            if found["status"] == "completed":
                return found
            if found["status"] in {"failed", "cancelled"}:
                raise ProcessFailed(f"{path} ended as {found['status']}: {found.get('error')}")
            await asyncio.sleep(_POLL_SECONDS)


def _agents(place: int) -> list[tuple[str, str]]:
    """Who visits a link: people on phones, in apps and on desktops; link previews, a HEAD request, a crawler."""
    rng = random.Random(SEED + place)  # noqa: S311  # a repeatable example, no secret
    people = [("GET", f"{rng.choice([PHONE, IN_APP, DESKTOP])} v/{n}") for n in range(max(3, 30 - 2 * place))]
    return [*people, ("GET", PREVIEW), ("HEAD", PREVIEW), ("GET", BOT), ("GET", BOT)]


async def _retry(call: Callable[[], Any]) -> Any:
    """Repeat a call while a service is away or starting again, for at most three minutes."""
    deadline = asyncio.get_running_loop().time() + _TRY_FOR_SECONDS
    wait = 0.2
    while True:
        try:
            return await call()
        except (NotRunning, ApiRefused) as error:
            passing = isinstance(error, NotRunning) or error.status in _PASSING
            if not passing or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(wait)
        wait = min(wait * 2, 3.0)


async def _listed(api: Api, path: str) -> AsyncIterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        page = await _retry(partial(api.call, "scoring", "GET", path, params={"limit": 200, "cursor": cursor}))
        for item in page["items"]:
            yield item
        cursor = page.get("next_cursor")
        if cursor is None:
            return


async def _chunks(lines: list[bytes]) -> AsyncIterator[bytes]:
    for start in range(0, len(lines), 500):
        yield b"".join(lines[start : start + 500])
