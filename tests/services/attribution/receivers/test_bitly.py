"""What is read from Bitly's webhooks."""

from datetime import UTC, datetime

import pytest

from services.attribution.receiver import ClickFact, Unreadable
from services.attribution.receivers.bitly import RECEIVER
from shared.schemas.receivers import ReceiverSettings
from tests.services.attribution.receivers.senders import SENDERS, raw


def test_a_mapped_engagement_is_a_click() -> None:
    sender = SENDERS["bitly"]
    at = datetime.fromtimestamp(1803895200, UTC)
    assert RECEIVER.read(raw(sender.content), sender.settings) == (ClickFact("e1", at, ("bit.ly/ana",)),)


def test_without_a_mapping_the_delivery_fails_visibly() -> None:
    with pytest.raises(Unreadable, match="mapping"):
        RECEIVER.read(raw(SENDERS["bitly"].content), ReceiverSettings())
