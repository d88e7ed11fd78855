"""Claims about spool files."""

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.hits.record import HitRecord, Outcome, line_of, record_of
from services.attribution.hits.spool import Spool

TEXTS = st.none() | st.text(st.characters(max_codepoint=255), max_size=50)


def record(**fields: object) -> HitRecord:
    values: dict[str, object] = {
        "workspace_id": uuid4(), "id": uuid4(), "link_id": uuid4(), "at": datetime(2026, 11, 22, tzinfo=UTC),
        "method": "GET", "outcome": Outcome.REDIRECTED, "user_agent": None, "purpose": None, "referrer_host": None,
        "visitor": None, **fields,
    }  # fmt: skip
    return HitRecord(**values)  # type: ignore[arg-type]  # a test's own values


@given(agent=TEXTS, referrer=TEXTS, visitor=st.none() | st.binary(max_size=16), milliseconds=st.integers(0, 2**41))
def test_a_hit_comes_back_from_its_line(
    agent: str | None, referrer: str | None, visitor: bytes | None, milliseconds: int
) -> None:
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    hit = record(user_agent=agent, referrer_host=referrer, visitor=visitor, at=at)
    assert record_of(line_of(hit)) == hit


@given(cut=st.integers(min_value=0, max_value=200))
def test_a_line_that_was_cut_off_is_no_hit(cut: int) -> None:
    line = line_of(record(user_agent="x" * 100))
    assert record_of(line[:cut]) is None


def test_own_and_left_files_are_taken_and_files_of_the_living_are_not(tmp_path: Path) -> None:
    dead, living, ours = (Spool(tmp_path) for _ in range(3))
    hits = [record() for _ in range(3)]
    for spool, hit in zip((dead, living, ours), hits, strict=True):
        spool.append([hit])
    dead.close()
    taken = ours.take()
    assert {hit.id for file in taken for hit in file.records()} == {hits[0].id, hits[2].id}
    for file in taken:
        file.remove()
    assert ours.is_empty()
    living.close()
    assert [hit.id for file in ours.take() for hit in file.records()] == [hits[1].id]


def test_what_was_half_written_before_a_crash_is_left_out(tmp_path: Path) -> None:
    spool, hit = Spool(tmp_path), record()
    spool.append([hit])
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    with path.open("ab") as file:
        file.write(line_of(record())[:30])
    (taken,) = Spool(tmp_path).take()
    assert [one.id for one in taken.records()] == [hit.id]


def test_a_failed_write_raises_and_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool, before, after = Spool(tmp_path), record(), record()
    spool.append([before])
    write = os.write

    def full(descriptor: int, block: memoryview) -> int:
        write(descriptor, bytes(block[:20]))
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            spool.append([record()])
    spool.append([after])
    assert [UUID(str(hit.id)) for file in spool.take() for hit in file.records()] == [before.id, after.id]


def test_a_folder_that_cannot_be_written_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotADirectoryError):
        Spool(tmp_path / "file" / "spool").check_writable()
