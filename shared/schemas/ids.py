"""Identifiers on the wire: a prefix that names the noun, an underscore, and a UUID in 26 base32 characters."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, GetCoreSchemaHandler, PlainSerializer, WithJsonSchema

# Crockford's base32 in lower case: no i, l, o, u, so that an identifier survives being read aloud.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
_CHARACTERS = frozenset(ALPHABET)
# The digits in which `int` reads base 32.
_TO_DIGITS = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_EXAMPLE = UUID("019a8f3c-5b20-7c11-9a3e-2f4b6c8d0e1f")


def encode(prefix: str, value: UUID) -> str:
    """The wire form of `value`: `prefix`, an underscore, 26 lower-case base32 characters, most significant first."""
    number = value.int
    characters = [ALPHABET[(number >> shift) & 31] for shift in range(5 * (LENGTH - 1), -1, -5)]
    return f"{prefix}_{''.join(characters)}"


# kept, since what hangs on one object names it again and again
@lru_cache(maxsize=8_192)
def decode(prefix: str, text: str) -> UUID:
    """The UUID behind a wire identifier; ValueError says what is wrong. Only the one canonical spelling is accepted."""
    head, separator, tail = text.partition("_")
    if not separator or head != prefix:
        raise ValueError(f"an identifier that begins with '{prefix}_' is expected")
    if len(tail) != LENGTH:
        raise ValueError(f"'{prefix}_' is followed by {LENGTH} characters, not {len(tail)}")
    if tail[0] > "7":
        # 26 characters hold 130 bits; the two above a UUID's 128 must be zero, or two texts would name one object
        raise ValueError(f"the first character after '{prefix}_' is 0 to 7")
    if not _CHARACTERS.issuperset(tail):
        raise ValueError(f"only 0-9 and a-z without i, l, o, u may follow '{prefix}_'")
    return UUID(int=int(tail.translate(_TO_DIGITS), 32))


@dataclass(frozen=True, slots=True)
class Prefixed:
    """Annotation of a UUID field: prefixed text in JSON, a UUID in Python."""

    prefix: str

    def parse(self, value: object) -> UUID:
        if isinstance(value, UUID):
            return value
        if isinstance(value, str):
            return decode(self.prefix, value)
        raise ValueError(f"a text that begins with '{self.prefix}_' is expected")

    def print(self, value: UUID) -> str:
        return encode(self.prefix, value)

    @property
    def json_schema(self) -> dict[str, Any]:
        """The JSON schema of this identifier."""
        return {
            "type": "string",
            "pattern": f"^{self.prefix}_[0-7][0-9a-hjkmnp-tv-z]{{{LENGTH - 1}}}$",
            "minLength": len(self.prefix) + 1 + LENGTH,
            "maxLength": len(self.prefix) + 1 + LENGTH,
            "examples": [encode(self.prefix, _EXAMPLE)],
        }

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:  # noqa: ANN401  # pydantic's protocol
        return handler.generate_schema(
            Annotated[
                UUID,
                BeforeValidator(self.parse),
                PlainSerializer(self.print, return_type=str, when_used="json"),
                WithJsonSchema(self.json_schema),
            ]
        )


WorkspaceId = Annotated[UUID, Prefixed("wsp")]
KeyId = Annotated[UUID, Prefixed("key")]
ImportId = Annotated[UUID, Prefixed("imp")]
ImportMappingId = Annotated[UUID, Prefixed("imm")]
UploadId = Annotated[UUID, Prefixed("upl")]
CreatorId = Annotated[UUID, Prefixed("crt")]
PersonId = Annotated[UUID, Prefixed("prs")]
PostId = Annotated[UUID, Prefixed("pst")]
CommentId = Annotated[UUID, Prefixed("cmt")]
SearchId = Annotated[UUID, Prefixed("sch")]
WatchId = Annotated[UUID, Prefixed("wch")]
ErasureId = Annotated[UUID, Prefixed("ers")]
BundleId = Annotated[UUID, Prefixed("bnd")]
RankingId = Annotated[UUID, Prefixed("rnk")]
PortfolioId = Annotated[UUID, Prefixed("pfl")]
AudienceReportId = Annotated[UUID, Prefixed("adr")]
CampaignId = Annotated[UUID, Prefixed("cmp")]
PartnerId = Annotated[UUID, Prefixed("ptr")]
AccountId = Annotated[UUID, Prefixed("acc")]
PartnershipId = Annotated[UUID, Prefixed("pts")]
DeliverableId = Annotated[UUID, Prefixed("dlb")]
LinkId = Annotated[UUID, Prefixed("lnk")]
CodeId = Annotated[UUID, Prefixed("cod")]
PageId = Annotated[UUID, Prefixed("pag")]
DomainId = Annotated[UUID, Prefixed("dom")]
HashtagAssetId = Annotated[UUID, Prefixed("hsh")]
HitId = Annotated[UUID, Prefixed("hit")]
ConversionId = Annotated[UUID, Prefixed("cnv")]
TrackedPostId = Annotated[UUID, Prefixed("tpo")]
LedgerEntryId = Annotated[UUID, Prefixed("led")]
PayoutId = Annotated[UUID, Prefixed("pay")]
ExchangeRateId = Annotated[UUID, Prefixed("xrt")]
EndpointId = Annotated[UUID, Prefixed("whe")]
ReceiverId = Annotated[UUID, Prefixed("rcv")]
EventId = Annotated[UUID, Prefixed("evt")]
DeliveryId = Annotated[UUID, Prefixed("dlv")]
JobId = Annotated[UUID, Prefixed("job")]
