"""Visitors who click without end, and remember which clicks were answered."""

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from shared.schemas.ids import decode
from tests.services.attribution.hits.agents import CHROME_ANDROID
from tests.services.attribution.hits.visits import eventually

_CLICK = re.compile(rb"gs_click=(hit_[0-9a-z]{26})")


@dataclass
class Clickers:
    """`count` connections to one port, each asking for one slug after the other; a broken one is opened again."""

    port: int
    slugs: list[str]
    count: int = 16
    answered: list[UUID] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._click(number)) for number in range(self.count)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until(self, more: int, *, status: str = "302", seconds: float = 300) -> None:
        """Wait for so many more answers of this status."""
        wanted = self.statuses.get(status, 0) + more
        await eventually(lambda: self.statuses.get(status, 0) >= wanted, seconds=seconds)

    async def _click(self, number: int) -> None:
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    while True:
                        slug = self.slugs[number % len(self.slugs)]
                        number += 1
                        request = f"GET /r/{slug} HTTP/1.1\r\nHost: go\r\nUser-Agent: {CHROME_ANDROID} {number}\r\n\r\n"
                        writer.write(request.encode())
                        self._remember(await self._answer(reader))
                finally:
                    writer.close()
            await asyncio.sleep(0.02)

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        await reader.readexactly(int(length.group(1)) if length else 0)
        return head

    def _remember(self, head: bytes) -> None:
        status = head[9:12].decode()
        self.statuses[status] = self.statuses.get(status, 0) + 1
        click = _CLICK.search(head)
        if click is not None:
            self.answered.append(decode("hit", click.group(1).decode()))
