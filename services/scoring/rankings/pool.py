"""Processes that score: the worker's event loop stays free, and both cores work."""

import asyncio
import gc
import multiprocessing
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing.connection import wait
from typing import Any

from services.scoring.rankings.batch import BatchResult, Item, Setup, score_batch

ScoreBatch = Callable[[Setup, Sequence[Item]], Coroutine[Any, Any, BatchResult]]
# Below this many candidates starting processes takes longer than it saves.
FEW = 150


def _begin() -> None:
    """Ends with the parent, and collects cycles rarely: bundles are many small objects without cycles, and looking
    through them again and again takes longer than scoring them."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    # a killed parent cannot tell its children, so they watch it themselves
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@asynccontextmanager
async def scoring_processes(candidates: int, processes: int) -> AsyncIterator[ScoreBatch]:
    """A function that scores a batch elsewhere: in a thread for few candidates, else in `processes` processes."""
    if candidates < FEW or processes < 2:

        async def in_thread(setup: Setup, items: Sequence[Item]) -> BatchResult:
            return await asyncio.to_thread(score_batch, setup, items)

        yield in_thread
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool:

        async def in_process(setup: Setup, items: Sequence[Item]) -> BatchResult:
            return await asyncio.get_running_loop().run_in_executor(pool, score_batch, setup, items)

        yield in_process
