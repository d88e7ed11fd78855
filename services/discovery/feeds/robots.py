"""What a site's robots.txt lets us fetch (RFC 9309), remembered for a day."""

from collections import OrderedDict
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from services.discovery.connector import NotPermitted, PlatformFault
from services.discovery.platform_http import PlatformHttp

AGENT = "groundswell"
ENDPOINT = "robots.txt"
LONGEST = 512 * 1024
"""What RFC 9309 asks to read at least."""
REMEMBERED = 1_000
VALID = timedelta(days=1)


class Robots:
    """The rules of the sites asked so far."""

    def __init__(self, http: PlatformHttp) -> None:
        self._http = http
        self._rules: OrderedDict[str, tuple[datetime, RobotFileParser]] = OrderedDict()

    async def check(self, url: str) -> None:
        """Raises NotPermitted when the site's rules forbid the address, PlatformFault when they cannot be had.

        A site without such a file, or that refuses it, forbids nothing; one that fails forbids everything for now.
        """
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        now = self._http.clock()
        known = self._rules.get(site)
        if known is None or now >= known[0] + VALID:
            known = (now, await self._read(site))
            self._rules[site] = known
            if len(self._rules) > REMEMBERED:
                self._rules.popitem(last=False)
        if not known[1].can_fetch(AGENT, url):
            raise NotPermitted(self._http.platform, ENDPOINT, f"{parts.netloc} asks not to be read there")

    async def _read(self, site: str) -> RobotFileParser:
        answer = await self._http.send(f"{site}/robots.txt", endpoint=ENDPOINT, longest=LONGEST)
        if answer.status_code >= 500:
            raise PlatformFault(self._http.platform, ENDPOINT, f"answered {answer.status_code}", transient=True)
        rules = RobotFileParser()
        text = answer.content.decode("utf-8", "replace") if answer.status_code == 200 else ""
        rules.parse(text.splitlines())
        return rules
