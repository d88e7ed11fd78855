"""The same bytes in another process, with other CPU features and another BLAS core."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.services.scoring.digest import digest

ROOT = Path(__file__).parents[3]


def disabled() -> str:
    """Every optional CPU feature that numpy would use here."""
    features = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]  # numpy has no public name for it
    baseline = set(np._core._multiarray_umath.__cpu_baseline__)  # type: ignore[attr-defined]  # numpy has no public name for it
    dispatched = set(np._core._multiarray_umath.__cpu_dispatch__)  # type: ignore[attr-defined]  # numpy has no public name for it
    return " ".join(sorted(name for name in dispatched - baseline if features.get(name)))


@pytest.mark.parametrize(
    "changed",
    [{}, {"NPY_DISABLE_CPU_FEATURES": "here"}, {"OPENBLAS_CORETYPE": "Prescott"}, {"PYTHONHASHSEED": "12345"}],
    ids=["restart", "cpu features", "blas core", "hash seed"],
)
def test_scores_are_the_same_bytes(changed: dict[str, str]) -> None:
    environment = {key: disabled() if value == "here" else value for key, value in changed.items()}
    done = subprocess.run(
        [sys.executable, "-m", "tests.services.scoring.digest"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == digest()
