"""A real headless Chromium, driven by its DevTools protocol; and web servers on loopback for it to visit."""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import websockets
from starlette.types import ASGIApp

from tests.services.attribution.hits.visits import eventually

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WITHOUT = "needs Chromium on the PATH"
# What Chromium says of itself when it is not headless.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"


class Browser:
    """One tab. `requests` are the addresses that it asked for, `issues` what Chromium found wrong with the page."""

    def __init__(self, socket: "websockets.ClientConnection") -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.requests: list[str] = []
        self.issues: list[str] = []
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if message.get("method") == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            if message.get("method") == "Audits.issueAdded":
                self.issues.append(message["params"]["issue"]["code"])
            future = self._answers.pop(message.get("id", 0), None)
            if future is not None and not future.done():
                future.set_result(message.get("result", message))

    async def call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        return await asyncio.wait_for(future, 20)

    async def open(self, url: str) -> None:
        await self.call("Page.navigate", url=url)

    async def evaluate(self, expression: str) -> Any:
        """What a script on the page answers; None while there is no page."""
        found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return found.get("result", {}).get("value")

    async def until(self, expression: str, value: Any) -> None:
        """Wait until a script on the page answers `value`."""
        async with asyncio.timeout(20):
            while await self.evaluate(expression) != value:  # noqa: ASYNC110  # a page sets no event of ours
                await asyncio.sleep(0.05)

    async def roles(self) -> list[tuple[str, str]]:
        """Role and name of everything that assistive technology is told of."""
        found = await self.call("Accessibility.getFullAXTree")
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in found["nodes"]
            if not node.get("ignored")
        ]

    async def click(self, selector: str) -> None:
        """A click of the mouse in the middle of an element."""
        box = await self.evaluate(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", buttons=1, clickCount=1
            )


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    """A fresh browser with its profile in `folder`."""
    assert CHROMIUM is not None
    version = await asyncio.create_subprocess_exec(CHROMIUM, "--version", stdout=asyncio.subprocess.PIPE)
    said, _ = await version.communicate()
    major = said.decode().split()[1].partition(".")[0]
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update", "--disable-default-apps", "--disable-sync", "--remote-debugging-port=0",
        f"--user-data-dir={folder}", f"--user-agent={AGENT.format(major=major)}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    try:
        port_file = folder / "DevToolsActivePort"
        await eventually(lambda: port_file.exists() and bool(port_file.read_text().strip()), seconds=30)
        port = port_file.read_text().split()[0]
        async with httpx.AsyncClient() as client:
            pages = (await client.get(f"http://127.0.0.1:{port}/json/list")).json()
        target = next(page for page in pages if page["type"] == "page")
        async with websockets.connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
            browser = Browser(socket)
            await browser.call("Page.enable")
            await browser.call("Network.enable")
            yield browser
            browser._reader.cancel()
    finally:
        process.terminate()
        with contextlib.suppress(ProcessLookupError):
            await process.wait()


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """The address at which `app` is served on loopback, in this process and loop."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off")
    )
    task = asyncio.create_task(server.serve())
    try:
        await eventually(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


def html(body: str, *, status: int = 200) -> Callable[..., Any]:
    """An app that answers every request with this document."""

    async def app(scope: Any, _: Any, send: Any) -> None:
        assert scope["type"] == "http"
        content = f"<!doctype html><html lang=en><title>x</title><body>{body}</body></html>".encode()
        headers = [(b"content-type", b"text/html"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return app
