"""The base of every row of the discovery service, in the PostgreSQL schema `discovery`."""

from sqlalchemy.orm import DeclarativeBase

from shared.kit.db import service_metadata

SCHEMA = "discovery"


class Base(DeclarativeBase):
    metadata = service_metadata(SCHEMA)
