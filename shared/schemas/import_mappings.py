"""Column mappings on the wire: which column of a CSV or Parquet file holds what."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from shared.schemas.base import Body, Flag, Key, Platform, Schema, TimeZone, UtcTime
from shared.schemas.ids import ImportMappingId, KeyId
from shared.schemas.imports import CommentLine, CreatorLine, LineKind, PostLine

# A column's name as the file spells it; case and surrounding spaces do not matter. Without a header: "1", "2", ...
ColumnName = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\u0000]*[^\s\u0000][^\u0000]*$")
]
LineField = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z_]+$")]
Unit = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[a-z]+$")]
KINDS: dict[LineKind, frozenset[str]] = {
    LineKind.CREATOR: frozenset(CreatorLine.model_fields),
    LineKind.POST: frozenset(PostLine.model_fields) - {"media"},
    LineKind.COMMENT: frozenset(CommentLine.model_fields),
}
EXAMPLE: dict[str, Any] = {
    "records": [
        {
            "kind": "creator",
            "platform": "instagram",
            "columns": {"platform_id": "Username", "handle": "Username", "followers": "Followers"},
        }
    ]
}


class TableRecord(Body):
    """One thing that each row holds: its kind, and the column of each of its fields (those of a line of NDJSON).

    `kind` and `platform` are the same for every row, or come from a column like the other fields.
    """

    kind: LineKind | None = None
    platform: Platform | None = None
    columns: Annotated[dict[LineField, ColumnName], Field(min_length=1, max_length=60)]

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        known = KINDS[self.kind] if self.kind else frozenset[str]().union(*KINDS.values())
        if strange := sorted(self.columns.keys() - known):
            raise ValueError(f"no field of a {self.kind or 'line'}: {', '.join(strange)}")
        for name in ("kind", "platform"):
            if (getattr(self, name) is None) == (name not in self.columns):
                raise ValueError(f"`{name}` is either given or the name of a column")
        return self


class ColumnMapping(Body):
    """How the rows of a file become creators, posts and comments; a row may hold several of them.

    What is not said is read from the file: the delimiter from its first line, UTF-8 or else Windows-1252 from its
    bytes, decimal signs from each number. `units` are further words behind numbers, such as `{"mil": 1000000}`
    (`mil` alone is a thousand, `K`, `M`, `B` and the like are known). Times without an offset are in `timezone`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    records: Annotated[tuple[TableRecord, ...], Field(min_length=1, max_length=3)]
    header: Annotated[Flag, Field(description="Whether the first line of a CSV file names the columns.")] = True
    delimiter: Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[,;|:\t ]$")] | None = None
    encoding: Literal["utf-8", "utf-16", "windows-1252", "iso-8859-1"] | None = None
    decimals: Literal[".", ","] | None = None
    units: Annotated[dict[Unit, Annotated[int, Field(strict=True, ge=1, le=10**12)]], Field(max_length=20)] = {}  # noqa: RUF012  # pydantic copies it
    time_format: Annotated[
        str | None, Field(min_length=2, max_length=60, pattern=r"^[^\u0000]+$", examples=["%d/%m/%Y %H:%M"])
    ] = None
    timezone: TimeZone = "UTC"
    list_separator: Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[^\u0000]$")] | None = None


class ImportMappingCreate(Body):
    """A mapping to keep under a name, by which imports ask for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "followers_export", "mapping": EXAMPLE}]})

    name: Key
    mapping: ColumnMapping


class ImportMapping(Schema):
    """A mapping that is kept under a name."""

    id: ImportMappingId
    name: Key
    mapping: ColumnMapping
    changed_at: UtcTime
    changed_by: KeyId | None = None
