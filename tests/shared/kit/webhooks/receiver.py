"""A real HTTP server on loopback that stands for a customer's receiver: it keeps what it got and answers as told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Got:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass(frozen=True)
class Reply:
    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


Behaviour = Callable[[Got], Awaitable[Reply]]


async def accept(_: Got) -> Reply:
    return Reply()


def always(status: int, *headers: tuple[str, str], body: bytes = b"") -> Behaviour:
    async def answer(_: Got) -> Reply:
        return Reply(status, headers, body)

    return answer


def failing_first(times: int, status: int = 500) -> Behaviour:
    """Fails each message so many times, then takes it."""
    seen: dict[str, int] = {}

    async def answer(got: Got) -> Reply:
        seen[got.id] = seen.get(got.id, 0) + 1
        return Reply(status if seen[got.id] <= times else 200)

    return answer


def hanging(until: asyncio.Event) -> Behaviour:
    async def answer(_: Got) -> Reply:
        await until.wait()
        return Reply()

    return answer


@dataclass
class Receiver:
    """Answers by path; paths without a behaviour of their own take everything."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.place}{path}"

    def at(self, path: str) -> list[Got]:
        return [got for got in self.got if got.path == path]

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait until what came is enough; a test that waits too long fails."""
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(enough)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:]) if name}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            got = Got(head[0].split(" ")[1], headers, body)
            async with self._news:
                self.got.append(got)
                self._news.notify_all()
            reply = await self.behaviours.get(got.path, accept)(got)
            lines = [f"HTTP/1.1 {reply.status} X", f"content-length: {len(reply.body)}", "connection: close"]
            lines += [f"{name}: {value}" for name, value in reply.headers]
            writer.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


def is_signed(got: Got, secret: str) -> bool:
    """Whether the published library accepts the message."""
    try:
        Webhook(secret).verify(got.body, got.headers)
    except Exception:  # noqa: BLE001  # the library raises several kinds; each means no
        return False
    return True
