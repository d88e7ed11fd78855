"""The report over the API: who is in it, what is zero, what is unknown, and what is left out as lines of its own."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.hits.agents import PREVIEWS
from tests.services.attribution.hits.visits import visit
from tests.services.attribution.making import Json
from tests.services.attribution.orders import convert, creator, get

GBP = {"currency": "GBP", "timezone": "Europe/London"}


async def report_of(tenant: Tenant, campaign: Json, *, expect: int = 200, **params: Any) -> Json:
    return await get(tenant, f"/v1/campaigns/{campaign['id']}/report", expect=expect, **params)


async def test_what_nobody_knows_is_unavailable_and_what_is_counted_as_none_is_zero(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP)
    made = await creator(tenant, campaign=campaign, code="ANA10")
    line = (await report_of(tenant, campaign))["creators"][0]
    assert line["partnership_id"] == made["id"]
    assert (line["conversion"]["code_uses"]["value"], line["conversion"]["code_uses"]["trust"]) == (0, "measured")
    assert (line["conversion"]["revenue"]["value"], line["conversion"]["revenue"]["trust"]) == (0, "measured")
    # no link was issued, so nobody can know about clicks; no post is known, so nobody can know about likes
    for figure in (line["engagement"]["hits"], line["engagement"]["human_clicks"], line["engagement"]["likes"]):
        assert (figure["value"], figure["trust"]) == (None, "unavailable")
        assert figure["note"]


async def test_only_creators_whom_a_person_approved_have_a_line(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP)
    await making.partnership(tenant, campaign_id=campaign["id"])
    approved = await making.partnership(tenant, campaign_id=campaign["id"], approved=True)
    assert [one["partnership_id"] for one in (await report_of(tenant, campaign))["creators"]] == [approved["id"]]


async def test_sales_refunds_and_credit_are_the_creators(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP)
    made = await creator(tenant, campaign=campaign, code="ANA10")
    await convert(tenant, 1, 10_000, code="ANA10", new_customer=True, discount_minor=1_000)
    second = await convert(tenant, 2, 5_000, code="ANA10", new_customer=False)
    refund = {"occurred_at": "2027-03-03T12:00:00Z", "amount_minor": 2_000, "currency": "GBP"}
    await making.post(tenant, f"/v1/conversions/{second['id']}/refunds", refund)
    report = await report_of(tenant, campaign)
    line = report["creators"][0]
    values = {name: figure["value"] for name, figure in line["conversion"].items() if name != "by_kind"}
    assert values == {
        "code_uses": 2, "conversions": 2, "new_customers": 1, "revenue": 15_000, "discount_given": 1_000,
        "refunds": 2_000, "net": 13_000, "credit": 13_000,
    }  # fmt: skip
    assert line["conversion"]["by_kind"]["purchase"]["value"] == 2
    assert line["conversion"]["discount_given"]["unknown_share"] == 0.5
    assert line["money"]["commission"]["value"] == 1_300
    assert line["money"]["held"]["value"] + line["money"]["due"]["value"] == 1_300
    assert line["money"]["return_ratio"]["value"] == 10
    assert {name: one["value"] for name, one in line["credit_by_model"].items()} == dict.fromkeys(
        ["code_first", "first_touch", "last_touch", "linear", "position_based", "time_decay"], 13_000
    )
    assert report["totals"]["conversion"] == line["conversion"]
    assert made["id"] == line["partnership_id"]


async def test_test_mode_conversions_are_in_no_figure(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP)
    await creator(tenant, campaign=campaign, code="ANA10")
    await convert(tenant, 1, code="ANA10", livemode=False)
    await convert(tenant, 2, livemode=False, campaign_id=campaign["id"])
    report = await report_of(tenant, campaign)
    assert report["totals"]["conversion"]["conversions"]["value"] == 0
    assert report["totals"]["conversion"]["code_uses"]["value"] == 0
    assert report["totals"]["money"]["commission"]["value"] == 0
    assert report["unattributed"] == []


async def test_other_currencies_are_lines_of_their_own_and_in_no_sum(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP)
    await creator(tenant, campaign=campaign, code="ANA10")
    await convert(tenant, 1, 10_000, code="ANA10")
    await convert(tenant, 2, code="ANA10", amount=None, amount_minor=700, currency="JPY")
    report = await report_of(tenant, campaign)
    brought = report["totals"]["conversion"]
    assert (brought["conversions"]["value"], brought["revenue"]["value"]) == (2, 10_000)
    assert brought["revenue"]["unknown_share"] == 0.5
    lines = {line["what"]: line["why"] for line in report["missing"]}
    assert "¥700" in lines["revenue in JPY"]


async def test_conversions_without_a_creator_are_listed_with_their_reason(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP)
    await creator(tenant, campaign=campaign, code="ANA10")
    await convert(tenant, 1, 3_000, code="NOBODY1")
    await convert(tenant, 2, 4_000, campaign_id=campaign["id"])
    elsewhere = await making.campaign(tenant, **GBP)
    await convert(tenant, 3, 5_000, campaign_id=elsewhere["id"])
    found = (await report_of(tenant, campaign))["unattributed"]
    assert sorted((line["conversions"], line["amount_minor"]) for line in found) == [(1, 3_000), (1, 4_000)]
    assert all(line["reason"] for line in found)


async def test_the_report_of_a_generated_campaign_opens_with_generated(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP, generated=True)
    assert (await report_of(tenant, campaign))["notice"].startswith("GENERATED")


async def test_goals_show_target_and_actual(tenant: Tenant) -> None:
    goals = [
        {"stage": "conversion", "metric": "revenue", "target": 50_000},
        {"stage": "growth", "metric": "followers", "target": 10},
    ]
    campaign = await making.campaign(tenant, **GBP, goals=goals)
    await creator(tenant, campaign=campaign, code="ANA10")
    await convert(tenant, 1, 10_000, code="ANA10")
    found = (await report_of(tenant, campaign))["goals"]
    assert [(line["goal"]["metric"], line["target"], line["actual"]["value"]) for line in found] == [
        ("revenue", 50_000, 10_000), ("followers", 10, None),
    ]  # fmt: skip


async def test_days_are_those_of_the_campaigns_zone(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, currency="INR", timezone="Asia/Kolkata")
    await creator(tenant, campaign=campaign, code="ANA10")
    # 18:29 and 18:30 UTC are the last minute of the second of March and the first of the third in Kolkata
    for number, minute in enumerate((29, 30)):
        await convert(
            tenant, number, None, code="ANA10", occurred_at=f"2027-03-02T18:{minute}:00Z", amount_minor=100 + number,
            currency="INR",
        )  # fmt: skip
    report = await report_of(tenant, campaign, split="day")
    days = {line["day"]: line["conversion"]["revenue"]["value"] for line in report["days"]}
    assert days == {"2027-03-02": 100, "2027-03-03": 101}
    for day, amount in days.items():
        part = await report_of(tenant, campaign, **{"from": day, "to": day})
        assert part["totals"]["conversion"]["revenue"]["value"] == amount


async def test_another_workspaces_campaign_and_partnership_are_not_found(tenant: Tenant, other_tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP)
    theirs = await making.partnership(other_tenant, approved=True)
    await report_of(other_tenant, campaign, expect=404)
    await report_of(tenant, campaign, expect=404, partnership_id=theirs["id"])


@pytest.mark.parametrize("params", [{"model": "no_such_model"}, {"from": "2027-03-02", "to": "2027-03-01"}])
async def test_filters_that_make_no_sense_are_refused(tenant: Tenant, params: Json) -> None:
    await report_of(tenant, await making.campaign(tenant), expect=422, **params)


async def test_the_filter_by_creator_leaves_the_others_out(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP)
    ana = await creator(tenant, campaign=campaign, code="ANA10")
    await creator(tenant, campaign=campaign, code="BEA10")
    await convert(tenant, 1, 10_000, code="ANA10")
    await convert(tenant, 2, 500, code="BEA10")
    report = await report_of(tenant, campaign, partnership_id=ana["id"])
    assert [line["partnership_id"] for line in report["creators"]] == [ana["id"]]
    assert report["totals"]["conversion"]["revenue"]["value"] == 10_000
    assert report["totals"]["conversion"]["code_uses"]["value"] == 1


async def test_csv_has_a_line_for_each_creator_in_major_units(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP)
    await creator(tenant, campaign=campaign, code="ANA10")
    await convert(tenant, 1, 10_050, code="ANA10")
    path = f"/v1/campaigns/{campaign['id']}/report"
    answer = await tenant.client("attribution").get(path, params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = {row["line"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert (lines["creator"]["conversion_revenue"], lines["creator"]["conversion_revenue_trust"]) == (
        "100.50", "measured",
    )  # fmt: skip
    assert lines["creator"]["engagement_hits"] == ""
    assert lines["creator"]["engagement_hits_trust"] == "unavailable"


async def test_the_page_needs_nothing_from_elsewhere(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP, name='Spring <script>alert("1")</script>')
    await creator(tenant, campaign=campaign, code="ANA10")
    await convert(tenant, 1, 10_050, code="ANA10")
    answer = await tenant.client("attribution").get(f"/v1/campaigns/{campaign['id']}/report.html")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    page = answer.text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "£100.50" in page
    for opening in (" src=", " href=", "url(", "@import", "//", " style=", " onload="):
        assert opening not in page, opening


async def test_days_of_too_many_creators_are_left_out_and_those_of_the_totals_stay(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = await making.campaign(tenant, **GBP)
    for code in ("ANA10", "BEA10"):
        await creator(tenant, campaign=campaign, code=code)
    for number, code in enumerate(("ANA10", "BEA10", "ANA10")):
        await convert(tenant, number, 1_000, code=code, occurred_at=f"2027-03-0{number + 1}T12:00:00Z")
    whole = await report_of(tenant, campaign, split="day")
    assert [len(line["days"]) for line in whole["creators"]] == [2, 1]
    monkeypatch.setattr("services.attribution.reports.service.MOST_DAY_LINES", 3)
    less = await report_of(tenant, campaign, split="day")
    assert [line["days"] for line in less["creators"]] == [[], []]
    assert less["days"] == whole["days"]
    assert "days of each creator" in {line["what"] for line in less["missing"]}
    assert less["totals"] == whole["totals"]


async def test_lines_are_split_by_asset_and_by_account(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, **GBP)
    partner = await making.partner(tenant)
    made = await creator(tenant, campaign=campaign, code="ANA10", partner=partner)
    of = {"partnership_id": made["id"]}
    first, second = [await making.link(tenant, **of) for _ in range(2)]
    page = await making.post(tenant, "/v1/pages", {**of, "link_id": second["id"], "title": "Ana's picks"})
    await making.post(tenant, "/v1/hashtags", {**of, "hashtag": "#FellsideWithAna"})
    click = await visit(tenant, first)
    await visit(tenant, second, agent=PREVIEWS["x"])
    await tenant.house.run_jobs()
    now = {"occurred_at": datetime.now(UTC).isoformat()}
    await convert(tenant, 1, 1_000, click_id=click, **now)
    await convert(tenant, 2, 2_000, code="ANA10", **now)
    await convert(tenant, 3, 4_000, page_id=page["id"], **now)
    account = partner["accounts"][0]["id"]
    post = {
        **of, "account_id": account, "url": "https://blog.example.com/ana/1", "published_at": now["occurred_at"],
        "text": "Up there! #ad #FellsideWithAna", "metrics": {"likes": 12, "views": None},
    }  # fmt: skip
    await making.post(tenant, "/v1/posts", post)
    line = (await report_of(tenant, campaign, split=["asset", "account"]))["creators"][0]

    def column(one: Json, stage: str, name: str) -> Any:
        return one[stage][name]["value"]

    assets = {one["asset_id"]: one for one in line["assets"]}
    assert sorted(one["kind"] for one in line["assets"]) == ["code", "hashtag", "link", "link", "page"]
    assert [column(assets[link["id"]], "engagement", "human_clicks") for link in (first, second)] == [1, 0]
    assert column(assets[first["id"]], "conversion", "revenue") == 1_000
    assert column(assets[page["id"]], "conversion", "revenue") == 4_000
    assert column(assets[page["id"]], "engagement", "hits") is None
    code, tag = (next(one for one in line["assets"] if one["kind"] == kind) for kind in ("code", "hashtag"))
    assert (column(code, "conversion", "code_uses"), column(code, "conversion", "revenue")) == (1, 2_000)
    assert column(tag, "awareness", "hashtag_posts") == 1
    assert column(line, "conversion", "revenue") == 7_000
    (mine,) = line["accounts"]
    assert mine["account_id"] == account
    assert (column(mine, "engagement", "likes"), mine["engagement"]["likes"]["trust"]) == (12, "creator_reported")
    assert column(mine, "awareness", "views") is None
    assert column(mine, "engagement", "hits") is None
    assert column(line, "engagement", "likes") == 12


async def test_daily_series_are_growth_and_goals(tenant: Tenant) -> None:
    goals = [
        {"stage": "growth", "metric": "followers", "target": 1_200},
        {"stage": "awareness", "metric": "site_visits", "target": 500},
    ]
    campaign = await making.campaign(tenant, **GBP, goals=goals)
    points = [
        {"metric": "followers", "day": "2027-03-01", "value": 1_000, "platform": "bluesky", "account": "bluesky:us"},
        {"metric": "followers", "day": "2027-03-05", "value": 1_060, "platform": "bluesky", "account": "bluesky:us"},
        {"metric": "site_visits", "day": "2027-03-01", "value": 100},
        {"metric": "site_visits", "day": "2027-03-03", "value": 150},
        {"metric": "mentions", "day": "2027-03-03", "value": 7},
    ]
    body = {"campaign_id": campaign["id"], "source": "analytics", "points": points}
    answer = await tenant.client("attribution").post("/v1/metrics", json=body)
    assert answer.is_success, answer.text
    report = await report_of(tenant, campaign)
    assert report["totals"]["growth"]["change"]["value"] == 60
    assert report["totals"]["growth"]["lift"]["value"] is None
    assert report["totals"]["awareness"]["mentions"]["value"] == 7
    assert [line["actual"]["value"] for line in report["goals"]] == [1_060, 250]
    early = await report_of(tenant, campaign, to="2027-03-02")
    assert early["totals"]["growth"]["change"]["value"] is None
    assert [line["actual"]["value"] for line in early["goals"]] == [1_000, 100]
