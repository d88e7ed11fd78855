"""Reads a sender's JSON by the mapping that the workspace gave: pointers (RFC 6901) to our fields."""

from datetime import datetime
from typing import Any

from services.attribution.receiver import (
    ClickFact,
    Fact,
    OrderFact,
    OrderRefund,
    Unreadable,
    bounded,
    currency,
    hashed_customer,
    json_object,
    minor,
    moment,
    optional_text,
    text,
)
from shared.schemas.receivers import JsonPointer, MappedField, ReceiverMapping, ReceiverSettings


def at_pointer(document: object, pointer: JsonPointer) -> object:
    """The value at an RFC 6901 pointer, None where there is none."""
    value = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(value):
            value = value[int(name[:9])]
        else:
            return None
    return value


def read_mapped(body: bytes, mapping: ReceiverMapping) -> tuple[Fact, ...]:
    """The one fact of a body; none when its event is not one that the mapping names. Raises Unreadable."""
    document = json_object(body)
    found = {name: at_pointer(document, pointer) for name, pointer in mapping.fields.items()}
    event = None if mapping.event is None else optional_text(at_pointer(document, mapping.event))
    if mapping.event is None or event in mapping.orders:
        return (_order(found, mapping),)
    if event in mapping.refunds:
        return (_refund(found, mapping),)
    if event in mapping.clicks:
        return (_click(found),)
    return ()


def _order(found: dict[MappedField, Any], mapping: ReceiverMapping) -> OrderFact:
    at = moment(found.get(MappedField.OCCURRED_AT), "occurred_at")
    money, amount = _amount(found, mapping)
    new = found.get(MappedField.NEW_CUSTOMER)
    return OrderFact(
        external_id=text(found.get(MappedField.EXTERNAL_ID), "external_id"),
        occurred_at=at,
        revised_at=_revised(found, at),
        kind=mapping.kind,
        amount_minor=None if amount is None else max(0, amount),
        currency=money,
        code=optional_text(found.get(MappedField.CODE)),
        click_id=optional_text(found.get(MappedField.CLICK_ID)),
        customer=hashed_customer(found.get(MappedField.CUSTOMER)),
        new_customer=new if isinstance(new, bool) else None,
        livemode=found.get(MappedField.LIVEMODE) is not False,
    )


def _refund(found: dict[MappedField, Any], mapping: ReceiverMapping) -> OrderRefund:
    at = moment(found.get(MappedField.OCCURRED_AT), "occurred_at")
    money, amount = _amount(found, mapping)
    order = text(found.get(MappedField.EXTERNAL_ID), "external_id")
    return OrderRefund(
        order_external_id=order,
        external_id=optional_text(found.get(MappedField.REFUND_ID), limit=255) or f"{order}:refund:{at.isoformat()}",
        occurred_at=at,
        revised_at=_revised(found, at),
        amount_minor=None if amount is None else abs(amount),
        currency=money,
        reason=optional_text(found.get(MappedField.REASON), limit=1000),
        livemode=found.get(MappedField.LIVEMODE) is not False,
    )


def _click(found: dict[MappedField, Any]) -> ClickFact:
    return ClickFact(
        external_id=text(found.get(MappedField.CLICK_ID) or found.get(MappedField.EXTERNAL_ID), "click_id", limit=200),
        at=moment(found.get(MappedField.OCCURRED_AT), "occurred_at"),
        links=(text(found.get(MappedField.LINK), "link", limit=500),),
    )


def _revised(found: dict[MappedField, Any], at: datetime) -> datetime:
    given = found.get(MappedField.REVISED_AT)
    return at if given is None else moment(given, "revised_at")


def _amount(found: dict[MappedField, Any], mapping: ReceiverMapping) -> tuple[str | None, int | None]:
    """Currency and amount; without an amount, none of either."""
    in_minor, in_major = found.get(MappedField.AMOUNT_MINOR), found.get(MappedField.AMOUNT)
    if in_minor is None and in_major is None:
        return None, None
    money = currency(found.get(MappedField.CURRENCY) or mapping.currency)
    return money, bounded(in_minor, "amount_minor") if in_minor is not None else minor(in_major, money)


# What a sender without a mapping sends: `{"type": "order", "data": {...our fields...}}`.
OWN_FORM = ReceiverMapping(
    event="/type",
    orders=("order",),
    refunds=("refund",),
    clicks=("click",),
    fields={name: f"/data/{name}" for name in MappedField},
)


def mapping_of(settings: ReceiverSettings) -> ReceiverMapping:
    """The workspace's mapping; Unreadable without one."""
    if settings.mapping is None:
        raise Unreadable("this sender documents no body: give the receiver a mapping, then retry the delivery")
    return settings.mapping
