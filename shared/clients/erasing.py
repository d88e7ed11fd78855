"""The call by which one service makes another forget a creator."""

from shared.clients.base import ServiceClient
from shared.kit.errors import BadGateway
from shared.schemas.erasures import ErasureOrder, ErasureReceipt


async def erase(service: ServiceClient, order: ErasureOrder) -> ErasureReceipt:
    """`POST /v1/creator-data/erasures` of the service. It may be repeated. Raises Unavailable and BadGateway."""
    answer = await service.call(
        "POST", "/v1/creator-data/erasures", content=order.model_dump_json().encode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    try:
        return ErasureReceipt.model_validate_json(answer.content)
    except ValueError as error:
        raise BadGateway(f"the {service.service} service did not confirm the erasure") from error
