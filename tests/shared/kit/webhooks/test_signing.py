"""Standard Webhooks: the published vector, rotation, tolerance, and nothing else passes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from shared.kit.webhooks.signing import SignatureRefused, generate_secret, signed_headers, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "A" * 43 + "="
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = '{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
HEADERS = {"webhook-id": ID, "webhook-timestamp": "1614265330", "webhook-signature": SIGNATURE}


def test_the_published_vector_is_signed_as_published() -> None:
    assert signed_headers([SECRET], message_id=ID, at=AT, body=BODY) == HEADERS


def test_the_published_vector_is_accepted() -> None:
    assert verify(BODY.encode(), HEADERS, good=[SECRET], now=AT) == ID


def test_the_published_library_accepts_what_we_sign_now() -> None:
    secret = generate_secret()
    headers = signed_headers([secret], message_id="evt_1", at=datetime.now(UTC), body='{"ü": "€"}')
    assert Webhook(secret).verify('{"ü": "€"}'.encode(), headers) == {"ü": "€"}


@pytest.mark.parametrize("good", [[SECRET], [OTHER], [OTHER, SECRET]])
def test_both_secrets_are_good_during_a_rotation(good: list[str]) -> None:
    headers = signed_headers([OTHER, SECRET], message_id=ID, at=AT, body=BODY)
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert verify(BODY.encode(), headers, good=good, now=AT) == ID


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_either_way_are_tolerated(seconds: int) -> None:
    assert verify(BODY.encode(), HEADERS, good=[SECRET], now=AT + timedelta(seconds=seconds)) == ID


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_or_future_message_is_refused(seconds: int) -> None:
    with pytest.raises(SignatureRefused, match="five minutes"):
        verify(BODY.encode(), HEADERS, good=[SECRET], now=AT + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_other"},
        {"webhook-timestamp": "1614265331"},
        {"webhook-signature": SIGNATURE.replace("v1,", "v1a,")},
        {"webhook-signature": SIGNATURE.replace("v1,", "")},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v1," + "A" * 43 + "="},
        {"webhook-signature": ""},
        {"webhook-timestamp": "1614265330.5"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "nan"},
        {"webhook-id": ""},
    ],
    ids=str,
)
def test_a_changed_header_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused):
        verify(BODY.encode(), {**HEADERS, **change}, good=[SECRET], now=AT)


def test_another_secret_is_refused() -> None:
    with pytest.raises(SignatureRefused, match="no signature fits"):
        verify(BODY.encode(), HEADERS, good=[OTHER], now=AT)


def test_a_good_signature_among_bad_ones_is_enough() -> None:
    headers = {**HEADERS, "Webhook-Signature": f"v1a,x v1,%% v2,y {SIGNATURE}"}
    del headers["webhook-signature"]
    assert verify(BODY.encode(), headers, good=[SECRET], now=AT) == ID


@given(body=st.binary(max_size=200), flip=st.integers(0, 1_599))
def test_a_body_with_one_bit_changed_is_refused(body: bytes, flip: int) -> None:
    text = body.decode("latin-1")
    headers = signed_headers([SECRET], message_id=ID, at=AT, body=text)
    changed = bytearray(text.encode())
    assert verify(bytes(changed), headers, good=[SECRET], now=AT) == ID
    if changed:
        changed[flip // 8 % len(changed)] ^= 1 << flip % 8
    else:
        changed.append(flip % 256)
    with pytest.raises(SignatureRefused):
        verify(bytes(changed), headers, good=[SECRET], now=AT)


def test_secrets_differ_and_have_the_standards_form() -> None:
    one, other = generate_secret(), generate_secret()
    assert one != other
    assert one.startswith("whsec_")
    assert len(one) == len("whsec_") + 44
