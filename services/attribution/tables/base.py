"""The base of every row of the attribution service, in the PostgreSQL schema `attribution`."""

from sqlalchemy.orm import DeclarativeBase

from shared.kit.db import service_metadata

SCHEMA = "attribution"


class Base(DeclarativeBase):
    metadata = service_metadata(SCHEMA)
