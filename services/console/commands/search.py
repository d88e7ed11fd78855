"""`groundswell search`"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from services.console.errors import SettingsWrong
from services.console.output import AsJson, api, print_json, print_table, run, wait_for
from services.console.screen import show_step


def register(app: typer.Typer) -> None:
    app.command()(search)


def read_brief(file: Path) -> dict[str, Any]:
    """A brief from a JSON file. Raises SettingsWrong when it cannot be read."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise SettingsWrong(f"{file} is not a readable brief: {error}.") from error
    if not isinstance(found, dict):
        raise SettingsWrong(f"{file} does not hold a JSON object.")
    return found


def search(
    brief: Annotated[Path, typer.Argument(help="The brief, a JSON file.")],
    *,
    source: Annotated[list[str] | None, typer.Option(help="Where to look; may be repeated. Default: archive.")] = None,
    max_calls: Annotated[int, typer.Option(help="Steps that the search may take.")] = 500,
    depth: Annotated[int, typer.Option(help="Hops from commenter to commenter; 0 is hashtags only.")] = 2,
    comments: Annotated[bool, typer.Option(help="Follow the comments under posts.")] = True,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what it would cost.")] = False,
    limit: Annotated[int, typer.Option(help="How many candidates to show.")] = 25,
    export: Annotated[
        Path | None, typer.Option(help="Write all candidates to this file: .ndjson with everything, else CSV.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Search creators for a brief and show the best candidates with the path that led there."""
    body = {
        "brief": read_brief(brief), "sources": source or ["archive"],
        "limits": {"max_calls": max_calls, "depth": depth}, "comments": comments,
    }  # fmt: skip

    async def work() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        async with api() as opened:
            if estimate:
                return await opened.call("discovery", "POST", "/v1/searches/estimate", body=body), []
            made = await opened.call("discovery", "POST", "/v1/searches", body=body)
            done = await wait_for(opened, "discovery", f"/v1/searches/{made['id']}", quiet=as_json)
            if export is not None:
                kind = "ndjson" if export.suffix.lower() in {".ndjson", ".jsonl"} else "csv"
                await opened.download(
                    "discovery", f"/v1/searches/{made['id']}/export", params={"format": kind}, to=export
                )
            page = await opened.call(
                "discovery", "GET", f"/v1/searches/{made['id']}/candidates", params={"limit": limit}
            )
            return done, page["items"]

    done, candidates = run(work())
    if as_json:
        print_json(done if estimate else {"search": done, "candidates": candidates})
    elif estimate:
        show_estimate(done)
    else:
        show_candidates(done, candidates)


def show_estimate(found: dict[str, Any]) -> None:
    for missing in found["missing"]:
        show_step(f"the brief lacks {missing}")
    rows = [
        [one["source"], f"{one['calls_low']} to {one['calls_high']}", one["quota_left"], one["note"] or ""]
        for one in found["sources"]
    ]
    print_table(["source", "calls", "quota left", "note"], rows)
    for one in found["cannot_serve"]:
        show_step(f"{one['source']} cannot serve this: {one['reason']} ({one['capability']})")


def show_candidates(done: dict[str, Any], candidates: list[dict[str, Any]]) -> None:
    rows = [
        [
            one["rank"], one["creator"]["platform"], one["creator"]["handle"],
            one["creator"]["counts"]["followers"]["value"], "; ".join(one["provenance"]["path"][:2]),
            " ".join(one["marks"]),
        ]
        for one in candidates
    ]  # fmt: skip
    print_table(["rank", "platform", "handle", "followers", "found by", "marks"], rows)
    for line in done["summary"]:
        reach = line["contactable"]
        show_step(
            f"{line['platform']}: {line['found']} found, {line['in_band']} in band, {reach['yes']} contactable, "
            f"{reach['dm_only']} by message only, {line['opted_out']} opted out, {line['calls_spent']} calls"
        )
        against = [f"{number} {reason.replace('_', ' ')}" for reason, number in line["left_out"].items() if number]
        if against:
            show_step(f"{line['platform']}: left out {', '.join(against)}")
    show_step(f"search {done['id']}")
