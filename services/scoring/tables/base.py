"""The base of every row of the scoring service, in the PostgreSQL schema `scoring`."""

from sqlalchemy.orm import DeclarativeBase

from shared.kit.db import service_metadata

SCHEMA = "scoring"


class Base(DeclarativeBase):
    metadata = service_metadata(SCHEMA)
