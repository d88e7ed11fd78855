"""`groundswell workspaces`"""

from typing import Annotated, Any

import typer

from services.console.output import AsJson, api, print_json, print_table, run


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Workspaces: one tenant each.", no_args_is_help=True)
    group.command("list")(list_workspaces)
    group.command("create")(create_workspace)
    group.command("delete")(delete_workspace)
    app.add_typer(group, name="workspaces")


def list_workspaces(*, as_json: AsJson = False) -> None:
    """Every workspace of this installation."""

    async def work() -> list[dict[str, Any]]:
        async with api() as opened:
            return [item async for item in opened.items("attribution", "/v1/workspaces")]

    found = run(work())
    if as_json:
        print_json(found)
    else:
        print_table(["id", "name", "created"], [[one["id"], one["name"], one["created_at"]] for one in found])


def create_workspace(name: Annotated[str, typer.Argument(help="Its name.")], *, as_json: AsJson = False) -> None:
    """Create a workspace. `groundswell keys create --workspace ID` then makes its first key."""

    async def work() -> Any:
        async with api() as opened:
            return await opened.call("attribution", "POST", "/v1/workspaces", body={"name": name})

    made = run(work())
    if as_json:
        print_json(made)
    else:
        typer.echo(made["id"])


def delete_workspace(
    workspace_id: Annotated[str, typer.Argument(help="wsp_…")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a workspace: within 30 seconds no process accepts its keys; its rows follow in every service."""
    if not yes:
        typer.confirm(f"Delete {workspace_id} and all its data?", abort=True)

    async def work() -> None:
        async with api() as opened:
            await opened.call("attribution", "DELETE", f"/v1/workspaces/{workspace_id}")

    run(work())
    typer.echo("its keys end within 30 seconds, its rows are deleted in the background")
