"""Use cases of column mappings: keep them under names, find them for an import."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.mappings import repository
from services.discovery.mappings.repository import ImportMappingRow
from shared.kit.errors import Conflict, NotFound
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.schemas.import_mappings import ColumnMapping, ImportMappingCreate


async def create_mapping(session: AsyncSession, *, body: ImportMappingCreate, caller: Caller) -> ImportMappingRow:
    """Conflict when the name is taken."""
    made = await repository.add(
        session, workspace_id=caller.workspace_id, id=new_id(), name=body.name,
        mapping=body.mapping.model_dump(mode="json"), changed_at=datetime.now(UTC), changed_by=caller.key_id,
    )  # fmt: skip
    if made is None:
        raise Conflict(f"there is a mapping called {body.name}")
    return made


async def get_mapping(session: AsyncSession, *, mapping_id: UUID, lock: bool = False) -> ImportMappingRow:
    found = await repository.mapping(session, mapping_id=mapping_id, lock=lock)
    if found is None:
        raise NotFound("no such mapping")
    return found


async def replace_mapping(
    session: AsyncSession, *, mapping_id: UUID, mapping: ColumnMapping, caller: Caller
) -> ImportMappingRow:
    """What was imported before keeps what it became."""
    found = await get_mapping(session, mapping_id=mapping_id, lock=True)
    found.mapping, found.changed_at, found.changed_by = (
        mapping.model_dump(mode="json"), datetime.now(UTC), caller.key_id,
    )  # fmt: skip
    await session.flush()
    return found


async def delete_mapping(session: AsyncSession, *, mapping_id: UUID) -> None:
    if not await repository.remove(session, mapping_id=mapping_id):
        raise NotFound("no such mapping")


async def mapping_named(session: AsyncSession, *, name: str) -> ColumnMapping:
    """The mapping that an import asks for; NotFound when there is none of this name."""
    found = await repository.named(session, name=name)
    if found is None:
        raise NotFound(f"no mapping is called {name}")
    return ColumnMapping.model_validate(found.mapping)
