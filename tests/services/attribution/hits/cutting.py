"""A proxy before PostgreSQL that cuts the answer to a commit: the hit is stored, and nobody says so."""

import asyncio
import contextlib
from dataclasses import dataclass

_COPY = b'COPY "attribution"."hits"'
_DONE = b"COPY "  # the tag of CommandComplete


@dataclass
class CuttingProxy:
    """Forwards to `target`. After `cut_next` the next COPY of hits is carried out, and its answer is thrown away."""

    target: int
    port: int = 0
    cuts: int = 0
    armed: bool = False
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    def cut_next(self) -> None:
        self.armed = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
            copies = asyncio.Event()
            ways = [
                asyncio.create_task(self._up(reader, up_writer, copies)),
                asyncio.create_task(self._down(up_reader, writer, copies)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            up_writer.close()
        writer.close()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, copies: asyncio.Event) -> None:
        while data := await reader.read(65_536):
            if _COPY in data and self.armed:
                copies.set()
            writer.write(data)
            await writer.drain()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, copies: asyncio.Event) -> None:
        while data := await reader.read(65_536):
            if copies.is_set() and self.armed and _DONE in data:
                self.armed = False
                self.cuts += 1
                return
            writer.write(data)
            await writer.drain()
