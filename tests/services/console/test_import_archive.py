"""`groundswell import` sends each kind of file as what it is, with its mapping."""

import json
from pathlib import Path

import pytest

from services.console.api import Api
from services.console.commands import import_archive
from shared.schemas.import_mappings import EXAMPLE
from tests.house import Tenant


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.ndjson", "application/x-ndjson"), ("-", "application/x-ndjson"), ("Export.CSV", "text/csv"),
        ("a.parquet", "application/vnd.apache.parquet"),
    ],
)  # fmt: skip
def test_the_name_says_what_a_file_holds(name: str, kind: str) -> None:
    assert import_archive.media_type(Path(name)) == kind


async def test_a_mapping_in_a_file_is_kept_once_under_a_name_that_its_content_makes(
    tenant: Tenant, tmp_path: Path
) -> None:
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(EXAMPLE))
    async with Api(
        key=tenant.key, addresses={"discovery": "http://discovery.test"}, client=tenant.client("discovery")
    ) as api:
        name = await import_archive.mapping_name(api, str(path))
        assert name == await import_archive.mapping_name(api, str(path))
        assert await import_archive.mapping_name(api, "kept") == "kept"
        kept = (await api.call("discovery", "GET", "/v1/import-mappings"))["items"]
    assert [one["name"] for one in kept] == [name]
