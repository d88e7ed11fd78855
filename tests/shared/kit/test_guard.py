"""The URL guard: hostile spellings and addresses are refused, and the checked address is the one connected to."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.guard import UrlRefused, check_url, read_allow, system_resolve
from shared.kit.http import EgressRefused, GuardedTransport, create_guarded_client
from shared.kit.settings import Settings

HOSTILE = [
    # loopback, private, link-local, metadata, this network, shared, benchmarking, documentation, multicast, reserved
    "http://127.0.0.1/", "http://127.8.9.10:8080/", "http://10.1.2.3/", "http://172.16.0.1/", "http://172.31.255.255/",
    "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://169.254.170.2/v2/credentials",
    "http://0.0.0.0/", "http://0.1.2.3/", "http://100.64.0.1/", "http://100.100.100.200/latest/meta-data/",
    "http://168.63.129.16/", "http://192.0.0.192/opc/v2/", "http://198.18.0.1/", "http://192.0.2.7/",
    "http://198.51.100.7/", "http://203.0.113.7/", "http://192.88.99.1/", "http://224.0.0.1/", "http://240.0.0.1/",
    "http://255.255.255.255/",
    # other spellings of them
    "http://127.1/", "http://127.0.1/", "http://0x7f.1/", "http://0x7f000001/", "http://0X7F.0.0.1/",
    "http://2130706433/", "http://017700000001/", "http://0177.0.0.1/", "http://127.0.0.01/", "http://0/",
    "http://127.0.0.1./", "http://127.0.0.1.:80/", "http://1.1.1.1.1/", "http://256.256.256.256/", "http://0x/",
    "http://١٢٧.٠.٠.١/", "http://１２７.０.０.１/", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/",
    "http://%31%32%37.0.0.1/", "http://127.0.0.1%00.example.com/", "http://127.0.0.1%2eexample.com/",
    # IPv6
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/",
    "http://[::ffff:8.8.8.8]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::a00:1]/", "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fc00::1]/",
    "http://[fd00:ec2::254]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[2001:db8::1]/",
    "http://[5f00::1]/", "http://[100::1]/", "http://[::ffff:0:127.0.0.1]/", "http://[v1.x]/", "http://[127.0.0.1]/",
    # names of the inside
    "http://localhost/", "http://LOCALHOST:80/", "http://localhost./", "http://api.localhost/", "http://printer.local/",
    "http://metadata.google.internal/computeMetadata/v1/", "http://postgres:5432/", "http://router.home.arpa/",
    "http://intranet/", "http://db.corp/", "http://example.com./", "http://.example.com/", "http://a..example.com/",
    "http://-a.example.com/",
    # user names and parser tricks
    "http://user@example.com/", "http://user:password@example.com/", "http://example.com@127.0.0.1/",
    "http://127.0.0.1@example.com/", "http://example.com:80@127.0.0.1/", "http://example.com\\@127.0.0.1/",
    "http://example.com\\.internal/", "http://exa mple.com/",
    "http://example.com\t/", "http://example.com\r\nHost: 127.0.0.1/", "http://example.com:0/",
    "http://example.com:65536/", "http://example.com:8o/", "http://example.com:-1/", "http://example.com:80:80/",
    "http:///example.com/", "http://", "http:example.com", "//example.com/", "https:/example.com",
    "http://exampleſ.com/", "http://[::1/", "http://::1/", "",
    # schemes
    "file:///etc/passwd", "ftp://example.com/", "gopher://example.com:70/_", "dict://example.com/", "ldap://example.com/",
    "javascript:alert(1)", "data:text/html,x", "unix:///run/docker.sock", "ws://example.com/", "http+unix://x/",
    " http://example.com/", "https://example.com/" + "a" * 2048,
]  # fmt: skip

GOOD = [
    ("https://hooks.example.com/groundswell?team=1", "hooks.example.com", 443),
    ("HTTP://Hooks.Example.COM:8080", "hooks.example.com", 8080),
    ("https://8.8.8.8/x", "8.8.8.8", 443),
    ("https://[2606:4700::1111]:8443/", "2606:4700::1111", 8443),
    ("https://xn--bcher-kva.example/#part", "xn--bcher-kva.example", 443),
    ("https://example.com/a@b?c=user:pw@d", "example.com", 443),
    ("http://example.com#@127.0.0.1:1:2", "example.com", 80),
    ("https://with_underscore.example.com/", "with_underscore.example.com", 443),
]


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_a_hostile_url_is_refused_before_any_resolver_is_asked(url: str) -> None:
    with pytest.raises(UrlRefused):
        check_url(url)


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
async def test_a_hostile_url_is_never_connected_to(url: str) -> None:
    async with guarded([]) as (client, wire):
        with pytest.raises((httpx.HTTPError, httpx.InvalidURL)):
            await client.get(url)
    # What the HTTP library's parser makes of it may be a public name; an inner address it never is.
    assert [call for call in wire.calls if not ipaddress.ip_address(call.url.host).is_global] == []


@pytest.mark.parametrize(("url", "host", "port"), GOOD)
def test_a_public_url_is_read(url: str, host: str, port: int) -> None:
    target = check_url(url)
    assert (target.host, target.port, target.allowed) == (host, port, False)


@given(st.ip_addresses())
def test_addresses_that_the_standard_library_calls_private_are_refused(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    try:
        check_url(f"http://{host}/")
    except UrlRefused:
        return
    assert address.is_global
    assert not address.is_multicast


def test_only_the_exact_host_and_port_are_let_through() -> None:
    allow = read_allow(["127.0.0.1:9000", "receiver:80", "[::1]:9001"])
    assert check_url("http://127.0.0.1:9000/x", allow=allow).allowed
    assert check_url("http://RECEIVER/x", allow=allow).allowed
    assert check_url("http://[::1]:9001/x", allow=allow).allowed
    for url in ("http://127.0.0.1:9001/", "http://127.0.0.2:9000/", "https://receiver/", "http://127.1:9000/"):
        with pytest.raises(UrlRefused):
            check_url(url, allow=allow)


@pytest.mark.parametrize("entry", ["127.0.0.1", "http://x:80", "*:80", "a:b", ""])
def test_an_unreadable_exception_stops_the_start(entry: str) -> None:
    with pytest.raises(ValueError, match="EGRESS_ALLOW"):
        read_allow([entry])


class Wire(httpx.AsyncBaseTransport):
    """Stands where the network is and notes what would have been sent where."""

    def __init__(self, answers: Sequence[httpx.Response | Exception]) -> None:
        self.calls: list[httpx.Request] = []
        self._answers = list(answers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        answer = self._answers.pop(0) if self._answers else httpx.Response(204)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Names:
    """A name server whose owner answers every question anew."""

    def __init__(self, *answers: list[str]) -> None:
        self.asked = 0
        self._answers = answers

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self._answers[min(self.asked, len(self._answers)) - 1]


@asynccontextmanager
async def guarded(
    answers: Sequence[httpx.Response | Exception], names: Names | None = None
) -> AsyncIterator[tuple[httpx.AsyncClient, Wire]]:
    wire = Wire(answers)
    client = create_guarded_client(Settings(), resolve=names or Names(["8.8.8.8"]), inner=wire)
    async with client:
        yield client, wire


async def test_the_name_is_resolved_once_and_its_checked_address_is_connected_to() -> None:
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    async with guarded([], names) as (client, wire):
        await client.post("https://hooks.example.com:8443/path?x=1", content=b"body")
    (call,) = wire.calls
    assert names.asked == 1
    assert str(call.url) == "https://8.8.8.8:8443/path?x=1"
    assert call.headers["host"] == "hooks.example.com:8443"
    assert call.extensions["sni_hostname"] == "hooks.example.com"


async def test_a_name_that_turns_inwards_later_is_refused_then() -> None:
    async with guarded([], Names(["8.8.8.8"], ["127.0.0.1"])) as (client, wire):
        await client.get("http://rebinding.example.com/")
        with pytest.raises(EgressRefused):
            await client.get("http://rebinding.example.com/")
    assert [call.url.host for call in wire.calls] == ["8.8.8.8"]


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["::ffff:8.8.8.8"], ["fe80::1%2"], ["2002:a00:1::"], ["x"]],
)
async def test_one_inner_address_among_the_answers_refuses_the_name(answer: list[str]) -> None:
    async with guarded([], Names(answer)) as (client, wire):
        with pytest.raises(EgressRefused) as refusal:
            await client.get("http://hooks.example.com/")
    assert wire.calls == []
    assert not any(address in str(refusal.value) for address in answer if len(address) > 1)


async def test_a_redirect_is_not_followed() -> None:
    there = httpx.Response(302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
    async with guarded([there]) as (client, wire):
        assert (await client.get("http://hooks.example.com/")).status_code == 302
    assert len(wire.calls) == 1


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/meta-data/", "http://0x7f.1/", "http://[::1]/"])
async def test_a_redirect_followed_on_purpose_is_checked_again(location: str) -> None:
    async with guarded([httpx.Response(307, headers={"Location": location})]) as (client, wire):
        with pytest.raises(EgressRefused):
            await client.post("http://hooks.example.com/", follow_redirects=True)
    assert len(wire.calls) == 1


async def test_the_next_checked_address_is_tried_when_one_does_not_answer() -> None:
    async with guarded([httpx.ConnectError("refused")], Names(["8.8.8.8", "8.8.4.4"])) as (client, wire):
        assert (await client.post("http://hooks.example.com/", content=b"x")).status_code == 204
    assert [call.url.host for call in wire.calls] == ["8.8.8.8", "8.8.4.4"]


async def test_a_name_server_that_does_not_answer_is_a_timeout() -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    transport = GuardedTransport(resolve=never, inner=Wire([]))
    async with httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(1, connect=0.01)) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await client.get("http://hooks.example.com/")


async def test_a_name_without_an_address_is_no_connection() -> None:
    async with guarded([], Names([])) as (client, _):
        with pytest.raises(httpx.ConnectError):
            await client.get("http://hooks.example.com/")


async def test_the_system_resolver_answers_with_addresses() -> None:
    assert set(await system_resolve("localhost", 80)) <= {"127.0.0.1", "::1"}


@asynccontextmanager
async def receiver(context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A real server on loopback; gives its port and the heads of the requests it got."""
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], heads


async def test_an_allowed_receiver_on_loopback_is_reached_and_its_neighbour_is_not() -> None:
    async with (
        receiver() as (port, heads),
        receiver() as (other, others),
        create_guarded_client(Settings(egress_allow=(f"127.0.0.1:{port}",))) as client,
    ):
        assert (await client.get(f"http://127.0.0.1:{port}/x")).status_code == 204
        with pytest.raises(EgressRefused):
            await client.get(f"http://127.0.0.1:{other}/x")
    assert (len(heads), others) == (1, [])


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


async def test_tls_names_the_host_and_checks_its_certificate_although_the_address_is_pinned(tmp_path: Path) -> None:
    cert_file, key_file = certificate(tmp_path, "hooks.example.com")
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(cert_file, key_file)
    asked: list[str | None] = []
    server_side.sni_callback = lambda _, name, __: asked.append(name)
    client_side = ssl.create_default_context(cafile=str(cert_file))
    async with receiver(server_side) as (port, heads):
        allow = read_allow([f"hooks.example.com:{port}", f"other.example.com:{port}"])
        transport = GuardedTransport(allow=allow, resolve=Names(["127.0.0.1"]), tls=client_side)
        async with httpx.AsyncClient(transport=transport) as client:
            assert (await client.get(f"https://hooks.example.com:{port}/")).status_code == 204
            with pytest.raises(httpx.ConnectError, match="ertificate"):
                await client.get(f"https://other.example.com:{port}/")
    assert asked == ["hooks.example.com", "other.example.com"]
    assert f"host: hooks.example.com:{port}".encode() in heads[0].lower()
