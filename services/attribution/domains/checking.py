"""Looks for the proof that a host is the workspace's: a TXT record, or a text at a well-known address of the host."""

import hmac
from collections.abc import Sequence

import dns.asyncresolver
import dns.exception

from shared.kit.http import HttpClient, HttpError, HttpInvalidUrl

TXT_PREFIX = "_groundswell"
WELL_KNOWN = "/.well-known/groundswell-domain"
_SECONDS = 4.0
_MOST_BYTES = 4_096


def txt_name(host: str) -> str:
    """The name of the TXT record; ports have none."""
    return f"{TXT_PREFIX}.{host.partition(':')[0]}"


async def is_proven(host: str, token: str, *, egress: HttpClient, dns_servers: Sequence[str]) -> str | None:
    """None when the token was found, else what was found instead. Nothing but these two places is asked."""
    records, told = await _txt(txt_name(host), dns_servers)
    if any(hmac.compare_digest(one, token.encode()) for one in records):
        return None
    said = [f"TXT {txt_name(host)}: {told or 'another text'}"]
    for scheme in ("https", "http"):
        text, told = await _text(egress, f"{scheme}://{host}{WELL_KNOWN}")
        if text is not None and hmac.compare_digest(text, token.encode()):
            return None
        said.append(f"{scheme} {WELL_KNOWN}: {told or 'another text'}")
    return "; ".join(said)[:1_000]


async def _txt(name: str, servers: Sequence[str]) -> tuple[list[bytes], str | None]:
    try:
        resolver = dns.asyncresolver.Resolver(configure=not servers)
        if servers:
            resolver.nameservers = [server.rpartition(":")[0] or server for server in servers]
            resolver.port = int(servers[0].rpartition(":")[2]) if ":" in servers[0] else 53
        answer = await resolver.resolve(name, "TXT", lifetime=_SECONDS)
    except dns.exception.DNSException as error:
        return [], type(error).__name__
    except (OSError, ValueError) as error:
        return [], f"not asked: {type(error).__name__}"
    return [b"".join(record.strings) for record in answer], None


async def _text(egress: HttpClient, url: str) -> tuple[bytes | None, str | None]:
    """The text behind a guarded call, without line ends around it; redirects are not followed."""
    try:
        async with egress.stream("GET", url, timeout=_SECONDS) as answer:
            if answer.status_code != 200:
                return None, f"answered {answer.status_code}"
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    return None, "a longer text"
            return body.strip(), None
    except (HttpError, HttpInvalidUrl) as error:
        return None, str(error) or type(error).__name__
