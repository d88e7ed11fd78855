"""A ranking as a page."""

import re

from services.scoring.authenticity.pods import find_pod
from services.scoring.evidence import Evidence
from services.scoring.rankings.charts import pod_graph
from shared.schemas.audience_reports import AudienceReport, AudienceShare, ReportedDimension
from shared.schemas.evidence import SELF, Interaction
from tests.house import Tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.made import NOW, brief, bundle, commenter, post
from tests.services.scoring.rankings.test_rankings import candidates, rank

HOSTILE = '<script>alert("x")</script>'


async def page(tenant: Tenant, ranking_id: str) -> str:
    async with tenant.client("scoring") as client:
        answer = await client.get(f"/v1/rankings/{ranking_id}/report")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text


async def test_the_page_stands_alone_and_shows_charts_and_reasons(tenant: Tenant, serve: Serve) -> None:
    found = await page(tenant, (await rank(tenant, serve(candidates(8))))["id"])
    assert found.count("<svg") >= 3
    assert "runner1.example" in found
    assert "of followers react per post" in found
    loaded = re.findall(r"""(?:src|xlink:href)\s*=\s*["'](?!data:|#)[^"']+|@import|url\((?!#)""", found)
    assert loaded == []


async def test_names_and_texts_are_texts(tenant: Tenant, serve: Serve) -> None:
    made = [
        bundle([post(1, f"{HOSTILE} Fellside Shoes")], creator={"handle": HOSTILE, "display_name": HOSTILE}),
        bundle([post(2, "Fellside Shoes")], number=2, creator={"handle": "&quot;><img src=x>"}),
    ]
    found = await page(tenant, (await rank(tenant, serve(made)))["id"])
    assert "<script" not in found
    assert "<img" not in found


async def test_a_pod_is_drawn_without_names(tenant: Tenant, serve: Serve) -> None:
    names = [f"secretname{n}" for n in range(6)]
    ring = tuple(
        Interaction(source=a, target=b, comments=4, posts=4) for a in [SELF, *names] for b in [SELF, *names] if a != b
    )
    made = bundle([post()], commenters=[commenter(name, comments_here=4) for name in names], interactions=ring)
    found = await page(tenant, (await rank(tenant, serve([made])))["id"])
    assert "A group that comments on each other" in found
    assert "secretname" not in found
    pods = find_pod(Evidence(made))
    assert pods is not None
    assert pods.pod is not None
    assert pod_graph(pods.pod).count("<circle") == 7


async def test_audiences_are_drawn_with_what_they_rest_on(tenant: Tenant, serve: Serve) -> None:
    people = [commenter(f"c{n}", language="de" if n % 4 else "en", country="AT") for n in range(40)]
    report = AudienceReport(
        reported_on=NOW.date(), received_at=NOW, source="<b>media kit</b>",
        shares=(AudienceShare(dimension=ReportedDimension.GENDER, key="women", share=0.6),),
    )  # fmt: skip
    made = [
        bundle([post(1)], commenters=people, audience_reports=(report,)),
        bundle([post(2)], number=2, commenters=people[:9]),
    ]
    found = await page(tenant, (await rank(tenant, serve(made)))["id"])
    assert 'aria-label="de 75%, en 25%"' in found
    assert "known of 40 of 40 sampled commenters" in found
    assert "too few to tell: at least 10 are needed" in found
    assert "as the creator reports of 2026-11-20, from &lt;b&gt;media kit" in found


async def test_a_gate_that_waits_is_shown_with_its_posts(tenant: Tenant, serve: Serve) -> None:
    asked = brief(safety={"blocked_terms": ["crypto"]})
    found = await page(tenant, (await rank(tenant, serve([bundle([post(1, "crypto!")])], asked)))["id"])
    assert "needs person" in found
    assert ">crypto</a>" in found


async def test_an_empty_ranking_has_a_page_too(tenant: Tenant, serve: Serve) -> None:
    assert "0 scored" in await page(tenant, (await rank(tenant, serve([])))["id"])
