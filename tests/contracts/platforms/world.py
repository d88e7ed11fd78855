"""A platform as the connectors' contract suite sets it up: valid pages, and the faults that it is told to have."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

import httpx

from services.discovery.connector import CallMeter, Connector

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass
class World(ABC):
    """Answers every call with one page. A file of this folder defines one, for the connector of its name.

    `items`: the numbers of what is on a page; `cursor`: what the n-th page (from 1) names as the next one's place;
    `counters`: the value of every counter, None where they are missing; `fault`: what is answered instead of a page.
    """

    items: Sequence[int] = (1, 2, 3)
    cursor: Callable[[int], str | None] = lambda page: None
    counters: int | None = 7
    fault: httpx.Response | Exception | None = None
    asked: list[httpx.Request] = field(default_factory=list)
    asides: int = 0

    options: ClassVar[Mapping[str, str]] = {}
    secret: ClassVar[str] = "no secret"
    account: ClassVar[str]
    post: ClassVar[str]
    paged: ClassVar[frozenset[str]]
    """The capabilities whose answers have further pages, named by cursors of the platform's own."""
    may_lack_lists: ClassVar[bool] = False
    """Whether the contract lets an answer leave out a list that is empty."""
    lists: ClassVar[frozenset[str]] = frozenset()
    """The capabilities whose answers are JSON lists, so that `[]` is an empty page."""

    @abstractmethod
    def page(self, request: httpx.Request, cursor: str | None) -> httpx.Response:
        """The answer to a call, with the items, and the cursor if calls of its kind have one."""

    @abstractmethod
    def post_id(self, number: int) -> str:
        """The id of a post on the page."""

    @abstractmethod
    def account_id(self, number: int) -> str:
        """The id of an account on the page."""

    def aside(self, request: httpx.Request) -> httpx.Response | None:
        """The answer to a call that is about the server and no page."""
        return None

    def handle(self, request: httpx.Request) -> httpx.Response:
        aside = self.aside(request)
        if aside is not None:
            self.asides += 1
            return aside
        self.asked.append(request)
        if isinstance(self.fault, Exception):
            raise self.fault
        return self.fault or self.page(request, self.cursor(len(self.asked)))

    def connector(self, kind: type[Connector], meter: CallMeter | None = None) -> Connector:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        return kind.create(http, self.options, meter=meter, clock=lambda: NOW)


def at(number: int) -> str:
    """The time of what has this number: the smaller, the newer."""
    return f"2026-11-{21 - number:02d}T08:00:00.000Z"
