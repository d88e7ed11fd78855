"""`groundswell approve`"""

from typing import Annotated, Any

import typer

from services.console.output import AsJson, api, print_json, print_table, run


def register(app: typer.Typer) -> None:
    app.command()(approve)


def approve(
    campaign_id: Annotated[str, typer.Argument(help="cmp_…")],
    creators: Annotated[list[str], typer.Argument(help="crt_… of candidates; each becomes a partner.")],
    *,
    note: Annotated[str | None, typer.Option(help="Kept with the approval.")] = None,
    as_json: AsJson = False,
) -> None:
    """Approve candidates for a campaign: a person's decision, recorded with the key. Contacts nobody."""

    async def work() -> list[dict[str, Any]]:
        async with api() as opened:
            made = []
            for creator_id in creators:
                creator = await opened.call("discovery", "GET", f"/v1/creators/{creator_id}")
                account = {name: creator[name] for name in ("platform", "platform_id", "handle")}
                body = {"accounts": [{**account, "creator_id": creator["id"]}]}
                partner = await opened.call(
                    "attribution", "POST", "/v1/partners", body=body,
                    key=f"approve-partner-{campaign_id}-{creator_id}",
                )  # fmt: skip
                partnership = await opened.call(
                    "attribution", "POST", "/v1/partnerships",
                    body={"campaign_id": campaign_id, "partner_id": partner["id"]},
                    key=f"approve-partnership-{campaign_id}-{creator_id}",
                )  # fmt: skip
                made.append(
                    await opened.call(
                        "attribution", "POST", f"/v1/partnerships/{partnership['id']}/approve", body={"note": note}
                    )
                )
            return made

    made = run(work())
    if as_json:
        print_json(made)
    else:
        rows = [[one["id"], one["partner_name"], one["state"]] for one in made]
        print_table(["partnership", "partner", "state"], rows)
