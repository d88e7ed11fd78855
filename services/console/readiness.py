"""Asks a process whether it is ready."""

import http.client
import json
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """Whether `/readyz` said 200, and what it said is missing."""

    ready: bool
    reason: str = ""


def ask_ready(url: str, *, timeout: float = 3.0) -> Answer:
    """One GET; `timeout` in seconds. No answer is an answer too: not ready."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout)
    try:
        connection.request("GET", parts.path or "/", headers={"Connection": "close"})
        response = connection.getresponse()
        body = response.read(10_000)
    except ConnectionRefusedError:
        return Answer(ready=False, reason="does not listen yet")
    except (OSError, http.client.HTTPException) as error:
        return Answer(ready=False, reason=f"does not answer ({type(error).__name__})")
    finally:
        connection.close()
    if response.status == 200:
        return Answer(ready=True)
    return Answer(ready=False, reason=_missing(body) or f"answers {response.status}")


def is_port_free(url: str) -> bool:
    """Whether the port of this URL can be listened on now."""
    parts = urlsplit(url)
    family = socket.AF_INET6 if ":" in (parts.hostname or "") else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((parts.hostname or "127.0.0.1", parts.port or 80))
        except OSError:
            return False
    return True


def _missing(body: bytes) -> str:
    try:
        content = json.loads(body)
    except ValueError:
        return ""
    missing = content.get("missing") if isinstance(content, dict) else None
    return ", ".join(str(part) for part in missing) if isinstance(missing, list) else ""
