"""What holds for every receiver of inbound webhooks."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.receiver import Receiver, Refused, Unreadable
from shared.kit.plugins import load
from shared.schemas.receivers import ReceiverKind
from tests.services.attribution.receivers.senders import NOW, OTHER_SECRET, SECRET, SENDERS, Sender, raw

RECEIVERS = load("services.attribution.receivers", Receiver)
every_sender = pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
every_receiver = pytest.mark.parametrize("key", sorted(RECEIVERS))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


def receiver_of(sender: Sender) -> Receiver:
    return RECEIVERS[sender.kind]


def test_every_kind_has_a_receiver_and_a_sender_that_tests_it() -> None:
    assert sorted(RECEIVERS) == sorted(ReceiverKind)
    assert {sender.kind for sender in SENDERS.values()} == set(ReceiverKind)


@every_sender
def test_what_the_sender_signed_is_accepted_and_read(sender: Sender) -> None:
    inbound = sender.inbound(raw(sender.content))
    receiver_of(sender).verify(inbound, [SECRET], sender.settings)
    assert receiver_of(sender).read(inbound.body, sender.settings)


@every_sender
def test_another_secret_is_refused(sender: Sender) -> None:
    with pytest.raises(Refused):
        receiver_of(sender).verify(sender.inbound(raw(sender.content), secret=OTHER_SECRET), [SECRET], sender.settings)


@every_sender
def test_during_a_rotation_either_secret_is_good(sender: Sender) -> None:
    for secret in (SECRET, OTHER_SECRET):
        inbound = sender.inbound(raw(sender.content), secret=secret)
        receiver_of(sender).verify(inbound, [OTHER_SECRET, SECRET], sender.settings)


@every_sender
def test_a_delivery_without_any_proof_is_refused(sender: Sender) -> None:
    inbound = replace(sender.inbound(raw(sender.content)), headers={}, query={})
    with pytest.raises(Refused):
        receiver_of(sender).verify(inbound, [SECRET], sender.settings)


@pytest.mark.parametrize("name", [name for name, sender in SENDERS.items() if sender.signed_body])
def test_a_changed_body_is_refused_where_the_body_is_signed(name: str) -> None:
    sender = SENDERS[name]
    inbound = sender.inbound(raw(sender.content))
    with pytest.raises(Refused):
        receiver_of(sender).verify(replace(inbound, body=inbound.body + b" "), [SECRET], sender.settings)


@pytest.mark.parametrize("name", [name for name, sender in SENDERS.items() if sender.signed_time])
@pytest.mark.parametrize("away", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_an_old_or_future_time_is_refused_where_the_time_is_signed(name: str, away: timedelta) -> None:
    sender = SENDERS[name]
    with pytest.raises(Refused):
        receiver_of(sender).verify(sender.inbound(raw(sender.content), signed_at=NOW - away), [SECRET], sender.settings)


@every_sender
def test_a_replay_with_a_new_header_id_is_the_same_delivery(sender: Sender) -> None:
    first, again = (sender.inbound(raw(sender.content), delivery=one) for one in ("d1", "d2"))
    assert receiver_of(sender).key(first) == receiver_of(sender).key(again)


@every_sender
def test_two_events_are_two_deliveries(sender: Sender) -> None:
    other = {**sender.content, "id": "evt_other", "more": 1}
    assert receiver_of(sender).key(sender.inbound(raw(sender.content))) != receiver_of(sender).key(
        sender.inbound(raw(other))
    )


@every_sender
@given(headers=st.dictionaries(st.text(max_size=30), st.text(max_size=80), max_size=4), noise=st.text(max_size=90))
def test_made_up_headers_are_refused_and_nothing_else_happens(
    sender: Sender, headers: dict[str, str], noise: str
) -> None:
    inbound = sender.inbound(raw(sender.content))
    made_up = dict.fromkeys(inbound.headers, noise) | headers
    with pytest.raises(Refused):
        receiver_of(sender).verify(
            replace(inbound, headers=made_up, query=dict.fromkeys(inbound.query, noise)), [SECRET], sender.settings
        )


@every_sender
@given(value=json_values, data=st.data())
def test_any_json_is_read_or_called_unreadable(sender: Sender, value: Any, data: st.DataObject) -> None:
    """Any value at any place of a real body, too."""
    content: Any = value
    if data.draw(st.booleans()):
        content = _with(sender.content, value, data)
    with suppress(Unreadable):
        assert isinstance(receiver_of(sender).read(raw(content), sender.settings), tuple)


def _with(content: Any, value: Any, data: st.DataObject) -> Any:
    if isinstance(content, dict) and content:
        name = data.draw(st.sampled_from(sorted(content)))
        return {**content, name: _with(content[name], value, data)}
    if isinstance(content, list) and content:
        return [_with(content[0], value, data), *content[1:]]
    return value


@every_receiver
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b"null", b'"text"'])
def test_a_body_that_is_no_object_is_unreadable(key: str, body: bytes) -> None:
    settings = next(sender.settings for sender in SENDERS.values() if sender.kind == key)
    with pytest.raises(Unreadable):
        RECEIVERS[key].read(body, settings)
