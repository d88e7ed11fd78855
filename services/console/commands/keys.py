"""`groundswell keys`"""

from typing import Annotated, Any

import typer

from services.console.output import AsJson, api, print_json, print_table, run

_DEFAULT_SCOPES = ["read", "write", "approve", "evidence", "export"]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="API keys and their scopes.", no_args_is_help=True)
    group.command("list")(list_keys)
    group.command("create")(create_key)
    group.command("revoke")(revoke_key)
    app.add_typer(group, name="keys")


def list_keys(*, as_json: AsJson = False) -> None:
    """Every key of this installation, revoked ones too; secrets are not stored."""

    async def work() -> list[dict[str, Any]]:
        async with api() as opened:
            return [item async for item in opened.items("attribution", "/v1/keys")]

    found = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [one["id"], one["workspace_id"], one["name"], " ".join(one["scopes"]), one["revoked_at"] or "live"]
        for one in found
    ]
    print_table(["id", "workspace", "name", "scopes", "revoked"], rows)


def create_key(
    name: Annotated[str, typer.Argument(help="What or whom it is for.")],
    *,
    workspace: Annotated[str | None, typer.Option(help="wsp_…; by default the calling key's own.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="May be repeated; by default all but admin.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create a key and show its secret, this once."""
    body = {"name": name, "scopes": scope or _DEFAULT_SCOPES, "workspace_id": workspace}

    async def work() -> Any:
        async with api() as opened:
            return await opened.call("attribution", "POST", "/v1/keys", body=body)

    made = run(work())
    if as_json:
        print_json(made)
    else:
        typer.echo(made["secret"])


def revoke_key(key_id: Annotated[str, typer.Argument(help="key_…")]) -> None:
    """End a key; within 30 seconds no process accepts it."""

    async def work() -> None:
        async with api() as opened:
            await opened.call("attribution", "DELETE", f"/v1/keys/{key_id}")

    run(work())
    typer.echo("revoked")
