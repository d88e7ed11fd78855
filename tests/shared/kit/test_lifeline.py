"""A process whose starter is gone stops, whatever it is doing."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.kit.lifeline import HARD_STOP_SECONDS, watch

ROOT = Path(__file__).resolve().parents[3]


async def test_it_asks_to_stop_when_the_pipe_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.kit.lifeline.HARD_STOP_SECONDS", 3600)
    reading, writing = os.pipe()
    stop = asyncio.Event()
    async with watch(stop.set, reading):
        assert not stop.is_set()
        os.close(writing)
        await asyncio.wait_for(stop.wait(), 10)
    os.close(reading)


async def test_it_ends_quietly_while_the_pipe_is_open() -> None:
    reading, writing = os.pipe()
    stop = asyncio.Event()
    async with watch(stop.set, reading):
        pass
    assert not stop.is_set()
    os.close(writing)
    os.close(reading)


async def test_without_a_descriptor_nothing_is_watched() -> None:
    async with watch(pytest.fail, None):
        pass


def test_a_process_that_never_looks_up_is_ended_all_the_same() -> None:
    script = """
import asyncio, os, sys, time
from shared.kit import lifeline
lifeline.HARD_STOP_SECONDS = 0.2
async def main():
    async with lifeline.watch(lambda: None, int(sys.argv[1])):
        print("watching", flush=True)
        time.sleep(3600)
asyncio.run(main())
"""
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", script, str(reading)], cwd=ROOT, pass_fds=(reading,), stdout=subprocess.PIPE, text=True
    ) as process:
        os.close(reading)
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        os.close(writing)
        assert process.wait(timeout=20) == 1


def test_the_hard_stop_comes_before_the_promised_five_seconds() -> None:
    assert HARD_STOP_SECONDS < 5
