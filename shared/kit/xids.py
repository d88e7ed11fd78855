"""Transaction numbers as a column: by them who reads on in a table stops below what may still be committed."""

from typing import Any

from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction number."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:  # noqa: ANN401  # SQLAlchemy's signature
        return "xid8"


ischema_names["xid8"] = Xid8
