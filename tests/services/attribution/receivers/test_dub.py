"""What is read from Dub's webhooks."""

from services.attribution.receiver import ClickFact, OrderFact
from services.attribution.receivers.dub import RECEIVER
from shared.schemas.conversions import ConversionKind
from shared.schemas.receivers import ReceiverSettings
from tests.services.attribution.receivers.senders import dub_event, dub_sale, raw

SETTINGS = ReceiverSettings()


def test_a_click_names_its_link_in_every_way_that_dub_does() -> None:
    (click,) = RECEIVER.read(raw(dub_event("link.clicked")), SETTINGS)
    assert isinstance(click, ClickFact)
    assert (click.external_id, click.links) == ("clk1", ("ext_ana", "link_1", "https://dub.sh/ana", "ana"))


def test_a_sale_brings_its_click_along() -> None:
    click, sale = RECEIVER.read(raw(dub_sale()), SETTINGS)
    assert isinstance(click, ClickFact)
    assert isinstance(sale, OrderFact)
    assert (sale.external_id, sale.amount_minor, sale.currency, sale.click_id) == ("in_1", 8000, "GBP", "clk1")


def test_a_sale_without_an_invoice_is_known_by_its_event() -> None:
    _, sale = RECEIVER.read(raw(dub_sale(7, None)), SETTINGS)
    assert isinstance(sale, OrderFact)
    assert sale.external_id == "evt_7"


def test_a_lead_has_no_amount() -> None:
    _, lead = RECEIVER.read(raw(dub_event("lead.created", eventName="Sign up", customer={"id": "c"})), SETTINGS)
    assert isinstance(lead, OrderFact)
    assert (lead.kind, lead.amount_minor) == (ConversionKind.LEAD, None)


def test_other_events_are_none_of_ours() -> None:
    assert RECEIVER.read(raw(dub_event("link.created")), SETTINGS) == ()
