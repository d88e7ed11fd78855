"""HTTP for column mappings."""

from typing import Annotated, Any

from fastapi import Depends, Path, Response

from services.discovery.mappings import repository, service
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import Page
from shared.schemas.ids import ImportMappingId, encode
from shared.schemas.import_mappings import ColumnMapping, ImportMapping, ImportMappingCreate

router = kit_router("/v1/import-mappings", tags=["imports"])

MappingPath = Annotated[ImportMappingId, Path(description="a mapping of the caller's workspace")]


@router.post(
    "", status_code=201, operation_id="create_import_mapping", summary="Keep a column mapping",
    responses=problems(Conflict),
)  # fmt: skip
async def create_import_mapping(
    session: Session, caller: Writer, body: ImportMappingCreate, response: Response
) -> ImportMapping:
    """For CSV and Parquet files: `POST /v1/imports?mapping=<name>` reads their columns as it says."""
    made = await service.create_mapping(session, body=body, caller=caller)
    response.headers["Location"] = f"/v1/import-mappings/{encode('imm', made.id)}"
    return _mapping(made)


@router.get(
    "", operation_id="list_import_mappings", summary="List column mappings, by name", responses=problems(NotFound)
)
async def list_import_mappings(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("import_mappings"))]
) -> Page[ImportMapping]:
    rows, cursor = page.cut(await repository.mappings(session, page=page), lambda row: [row.name])
    return Page(items=tuple(_mapping(row) for row in rows), next_cursor=cursor)


@router.get(
    "/{mapping_id}", operation_id="get_import_mapping", summary="Read a column mapping", responses=problems(NotFound)
)
async def get_import_mapping(session: ReadSession, _: Reader, mapping_id: MappingPath) -> ImportMapping:
    return _mapping(await service.get_mapping(session, mapping_id=mapping_id))


@router.put(
    "/{mapping_id}", operation_id="replace_import_mapping", summary="Change a column mapping",
    responses=problems(NotFound),
)  # fmt: skip
async def replace_import_mapping(
    session: Session, caller: Writer, mapping_id: MappingPath, body: ColumnMapping
) -> ImportMapping:
    """Imports that were sent before keep what they became."""
    return _mapping(await service.replace_mapping(session, mapping_id=mapping_id, mapping=body, caller=caller))


@router.delete(
    "/{mapping_id}", status_code=204, operation_id="delete_import_mapping", summary="Drop a column mapping",
    responses=problems(NotFound),
)  # fmt: skip
async def delete_import_mapping(session: Session, _: Writer, mapping_id: MappingPath) -> None:
    await service.delete_mapping(session, mapping_id=mapping_id)


def _mapping(row: Any) -> ImportMapping:  # noqa: ANN401  # a row
    return ImportMapping(
        id=row.id, name=row.name, mapping=ColumnMapping.model_validate(row.mapping), changed_at=row.changed_at,
        changed_by=row.changed_by,
    )  # fmt: skip
