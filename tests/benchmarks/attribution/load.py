"""A load generator for one core: raw requests over kept connections, one at a time on each, latencies of all.

Run as a process of its own: `python -m tests.benchmarks.attribution.load <plan.json>`; prints the outcome as JSON.
"""

import asyncio
import json
import random
import sys
import time
from array import array
from pathlib import Path
from typing import Any, cast

import uvloop

BROWSER = (
    "Mozilla/5.0 (Linux; Android {n}; {model}) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{major}.0.{build}.{patch} Mobile Safari/537.36"
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.{patch}; +http://www.google.com/bot.html) {build}",
    "http.rb/5.1.{n} (Mastodon/4.2.{patch}; +https://m{build}.example/)",
    "python-requests/2.{patch}.{build}",
)
MODELS = ("K", "SM-G991B", "Pixel 8", "CUBOT X50", "SM-A536B", "M2101K6G", "CPH2333", "moto g54")


def user_agents(count: int, *, seed: int = 1) -> list[str]:
    """Different user agents, every fifth of a program."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        template = BOTS[number // 5 % len(BOTS)] if number % 5 == 0 else BROWSER
        found.append(
            template.format(
                n=10 + number % 6,
                model=chance.choice(MODELS),
                major=100 + number % 43,
                build=number // 100,
                patch=number % 100,
            )
        )
    return found


class Connection(asyncio.Protocol):
    """Sends the next request when the answer before it is complete. Answers are told apart by their empty bodies."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.transport: asyncio.Transport | None = None
        self.sent_at = 0
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.send_next()

    def send_next(self) -> None:
        if self.load.is_over or self.transport is None:
            if self.transport is not None:
                self.transport.close()
            return
        self.sent_at = time.perf_counter_ns()
        self.transport.write(self.load.next_request())

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.received.endswith(b"\r\n\r\n"):
            return
        self.load.answered(self.received, time.perf_counter_ns() - self.sent_at)
        self.received = b""
        self.send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        self.load.closed(exc)


class Load:
    """One run: `seconds` of warm-up that does not count, then `seconds` that do."""

    def __init__(self, plan: dict[str, Any]) -> None:
        agents = user_agents(plan["user_agents"])
        random.Random(2).shuffle(agents)
        slugs = plan["slugs"]
        self.requests = [
            (
                f"GET /r/{slugs[number * 7919 % len(slugs)]} HTTP/1.1\r\nHost: go.example.com\r\n"
                f"User-Agent: {agent}\r\n"
                "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en-GB,en;q=0.9\r\n"
                "Accept-Encoding: gzip, deflate, br\r\nReferer: https://bsky.app/\r\n\r\n"
            ).encode()
            for number, agent in enumerate(agents)
        ]
        self.plan = plan
        self.place = 0
        self.is_over = False
        self.counts = False
        self.latencies = array("q")
        self.statuses: dict[str, int] = {}
        self.answers = 0
        self.lost = 0

    def next_request(self) -> bytes:
        self.place = (self.place + 1) % len(self.requests)
        return self.requests[self.place]

    def answered(self, answer: bytes, nanoseconds: int) -> None:
        self.answers += 1
        if self.counts:
            self.latencies.append(nanoseconds)
        status = answer[9:12].decode()
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def closed(self, cause: Exception | None) -> None:
        if not self.is_over or cause is not None:
            self.lost += 1

    async def run(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        for _ in range(self.plan["connections"]):
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", self.plan["port"])
        await asyncio.sleep(self.plan["warm_up"])
        self.counts, began = True, time.perf_counter()
        await asyncio.sleep(self.plan["seconds"])
        self.counts, took = False, time.perf_counter() - began
        self.is_over = True
        await asyncio.sleep(0.5)
        ordered = sorted(self.latencies)
        count = len(ordered)
        return {
            "requests_a_second": round(count / took),
            "p50_ms": round(ordered[count // 2] / 1e6, 2),
            "p99_ms": round(ordered[count * 99 // 100] / 1e6, 2),
            "max_ms": round(ordered[-1] / 1e6, 1),
            "answers": self.answers,
            "statuses": self.statuses,
            "lost_connections": self.lost,
        }


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(Load(plan).run())))


if __name__ == "__main__":
    main()
