"""`groundswell rank`"""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.console.commands.search import read_brief
from services.console.output import AsJson, api, print_json, print_table, run, wait_for
from services.console.screen import show_step


def register(app: typer.Typer) -> None:
    app.command()(rank)


def rank(
    search_id: Annotated[str, typer.Argument(help="sch_…")],
    *,
    goal: Annotated[str | None, typer.Option(help="awareness, engagement, growth, conversion or cause.")] = None,
    brief: Annotated[Path | None, typer.Option(help="Another brief than the search's, a JSON file.")] = None,
    limit: Annotated[int, typer.Option(help="How many scores to show.")] = 25,
    as_json: AsJson = False,
) -> None:
    """Score a search's candidates and show them with the reasons."""
    body: dict[str, Any] = {"search_id": search_id}
    if goal:
        body["goal"] = goal
    if brief:
        body["brief"] = read_brief(brief)

    async def work() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        async with api() as opened:
            made = await opened.call("scoring", "POST", "/v1/rankings", body=body)
            done = await wait_for(opened, "scoring", f"/v1/rankings/{made['id']}", quiet=as_json)
            page = await opened.call("scoring", "GET", f"/v1/rankings/{made['id']}/scores", params={"limit": limit})
            return done, page["items"]

    done, scores = run(work())
    if as_json:
        print_json({"ranking": done, "scores": scores})
        return
    print_table(["rank", "creator", "score", "interval", "why"], [score_row(score) for score in scores])
    show_step(f"ranking {done['id']}")


def score_row(score: dict[str, Any]) -> list[Any]:
    """One line of a ranking: the score with its interval, and the first reasons or the gate that keeps it out."""
    interval = score["interval"]
    span = f"{interval['low']:.0f} to {interval['high']:.0f}" if interval else None
    closed = [gate["reason"] for gate in score["gates"] if gate["state"] == "failed"]
    value = None if score["value"] is None else f"{score['value']:.1f}"
    return [
        score["rank"] or "-", f"{score['creator']['platform']}:{score['creator']['handle']}", value, span,
        "; ".join(closed or score["reasons"][:2]),
    ]  # fmt: skip
