"""A small real web process: answers /readyz, stops by signal or lifeline, writes who it is to its log.

Arguments: the port, and `fails` to end with exit code 3 instead, or `stubborn` to ignore every polite request.
"""

import asyncio
import os
import signal
import sys

from shared.kit.lifeline import watch


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    status = b"200 OK" if request.startswith(b"GET /readyz ") else b"404 Not Found"
    writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def _main(port: int, mode: str) -> None:
    print(f"web {os.getpid()} with {os.environ['DATABASE_URL'].partition('://')[0]}")
    if mode == "fails":
        print("the reason why it fails")
        sys.exit(3)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        if mode == "stubborn":
            signal.signal(number, signal.SIG_IGN)
        else:
            loop.add_signal_handler(number, stop.set)
    ask = (lambda: None) if mode == "stubborn" else stop.set
    async with watch(ask, int(os.environ["GROUNDSWELL_LIFELINE_FD"])):
        server = await asyncio.start_server(_answer, "127.0.0.1", port)
        async with server:
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
