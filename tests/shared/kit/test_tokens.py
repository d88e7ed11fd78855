"""Service tokens: only ours, only for us, only now."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit import tokens
from shared.kit.ids import new_id
from shared.kit.secrets import SecretBox
from tests.house import Tenant

BOX = SecretBox(["the first secret of these tests"])
WORKSPACE = new_id()


def minted(**changes: object) -> str:
    values = {
        "workspace_id": WORKSPACE, "scopes": ["read"], "issuer": "scoring", "audience": "discovery", "now": 1000.0,
        **changes,
    }  # fmt: skip
    return tokens.mint(BOX, **values)  # type: ignore[arg-type]  # a table of keyword arguments


def test_a_token_says_what_was_minted() -> None:
    key = new_id()
    found = tokens.verify(BOX, minted(key_id=key), audience="discovery", now=1030)
    expected = tokens.ServiceToken(WORKSPACE, frozenset({"read"}), "scoring", "discovery", 1060, key)
    assert found == replace(expected)


@pytest.mark.parametrize(
    ("token", "audience", "now", "why"),
    [
        (minted(), "attribution", 1030, "meant for discovery"),
        (minted(), "discovery", 1066, "expired"),
        (minted(now=10_000), "discovery", 1030, "longer"),
        (minted()[:-2] + "xx", "discovery", 1030, "not ours"),
        ("gst_" + "a" * 40, "discovery", 1030, "not"),
        ("gst_.", "discovery", 1030, "not"),
    ],
)
def test_a_wrong_token_is_refused(token: str, audience: str, now: float, why: str) -> None:
    with pytest.raises(tokens.InvalidToken, match=why):
        tokens.verify(BOX, token, audience=audience, now=now)


@given(st.integers(4, 200), st.characters(categories=["Ll", "Lu", "Nd"]))
def test_no_changed_character_passes(place: int, character: str) -> None:
    token = minted()
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    if changed == token or place < 4:
        return
    with pytest.raises(tokens.InvalidToken):
        tokens.verify(BOX, changed, audience="discovery", now=1030)


def test_a_token_of_the_secret_before_a_rotation_still_passes() -> None:
    rotated = SecretBox(["a newer secret of these tests", BOX.secrets[0]])
    assert tokens.verify(rotated, minted(), audience="discovery", now=1030).workspace_id == WORKSPACE


async def test_a_service_token_acts_as_its_workspace_with_its_scopes_only(tenant: Tenant) -> None:
    secrets = tenant.house.runtime("attribution").secrets
    token = tokens.mint(
        secrets, workspace_id=tenant.workspace_id, scopes=["read"], issuer="discovery", audience="attribution"
    )
    async with tenant.client("attribution", key=token) as client:
        from shared.schemas.ids import encode

        read = await client.get(f"/v1/workspaces/{encode('wsp', tenant.workspace_id)}")
        admin = await client.get("/v1/keys")
    assert (read.status_code, admin.status_code) == (200, 403)


async def test_a_token_for_another_service_is_refused(tenant: Tenant) -> None:
    secrets = tenant.house.runtime("attribution").secrets
    token = tokens.mint(
        secrets, workspace_id=tenant.workspace_id, scopes=["admin"], issuer="discovery", audience="scoring"
    )
    async with tenant.client("attribution", key=token) as client:
        assert (await client.get("/v1/keys")).status_code == 401
