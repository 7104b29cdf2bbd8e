"""Promise 7, kill: a process that is killed at any moment has lost nothing that it said was committed.

A child commits, holds and releases readings, delivers, seals; it is killed with SIGKILL after a random time and
started again, twenty times on one file. Then everything it said must be there, delivered, and add up.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from gateway.store import recovery
from gateway.store.outlet import Outlet
from tests.store_bench import (
    RememberingSink,
    balanced,
    close,
    drain,
    integrity,
    kept_numbers,
    opened,
    put,
    stamped,
)

KILLS = 20
CHILD = Path(__file__).with_name("committer.py")
ROOT = Path(__file__).parents[3]


def run_and_kill(path: Path, first: int, after_s: float) -> int:
    """The number up to which the child said that all is committed."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(path), str(first)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    begun = child.stdout.readline()
    assert begun, "the child ended before its first commit"
    time.sleep(after_s)
    child.kill()
    said = [begun, *child.stdout.readlines()]
    child.wait()
    child.stdout.close()
    whole = [line for line in said if line.endswith(b"\n")]
    return int(whole[-1])


@pytest.mark.slow
async def test_twenty_kills_lose_nothing_that_was_committed(path: Path) -> None:
    dice = Random(20)
    promised = 0
    for _ in range(KILLS):
        # The child counts on behind what it had said, as a broker would send again.
        promised = run_and_kill(path, promised, dice.uniform(0.0, 0.3))
        found = balanced(path)
        assert found.heard >= promised
    assert set(range(promised)) <= kept_numbers(path)

    store = opened(path)
    assert store.moved_aside is None
    for seq, _, kept in recovery.held(store.connection, store.tables, KILLS):
        put(store, stamped(kept.f_cnt or 0, seq))  # as the daemon does at its start
        store.released(seq)
    await store.commit()
    outlet = Outlet(store, "city", "all")
    rest = RememberingSink()
    await drain(outlet, rest)
    outlet.close()
    await close(store)
    assert integrity(path) == "ok"

    account = balanced(path).sinks["city"]
    assert account.pending == 0
    assert account.superseded > 0
    written = path.with_name("delivered").read_text(encoding="ascii").splitlines()
    before = {int(float(line.split()[1])) for line in written if line.startswith("air ")}
    accepted = {number for number in range(promised) if number % 7 != 6}
    assert accepted <= before | rest.numbers()
