"""The kit's own rows, which every service's schema holds: idempotency answers and counted job starts."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB, UUID

from shared.kit.db import KIT_SCHEMA, NAMING_CONVENTION

# Declared in the placeholder schema; the engine translates it to the service's schema.
kit_metadata = MetaData(schema=KIT_SCHEMA, naming_convention=NAMING_CONVENTION)

idempotency_keys = Table(
    "idempotency_keys",
    kit_metadata,
    Column("workspace_id", UUID(as_uuid=True), primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=True),
    Column("headers", JSONB, nullable=True),
    Column("body", LargeBinary, nullable=True),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# The queue re-picks a job whose worker was killed without counting it; this count stops a job that kills its worker.
job_starts = Table(
    "job_starts",
    kit_metadata,
    Column("job_id", BigInteger, primary_key=True, autoincrement=False),
    Column("starts", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
