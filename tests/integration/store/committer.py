"""A child process that commits, seals, delivers and says so, until it is killed. Run by `test_kill.py`.

    committer.py PATH FIRST_NUMBER

Each line it prints is the number up to which everything is committed. Its sink writes into a file beside the
store before it settles, as a database would have it after the kill.
"""

import asyncio
import sys
from pathlib import Path

from gateway.model import Verdict
from gateway.store.outlet import Outlet
from tests.store_bench import keep_house, opened, put, record, refused, stamped

PER_COMMIT = 7


async def main(path: Path, first: int) -> None:
    """Commit for ever."""
    store = opened(path, remembered_rows=50)
    outlet = Outlet(store, "city", "all")
    number = first
    with path.with_name("delivered").open("a", encoding="ascii") as delivered:
        while True:
            held = put(store, record(number, held=True))
            put(store, *(record(number + place) for place in range(1, PER_COMMIT - 1)))
            put(store, refused(number + PER_COMMIT - 1))
            await store.commit()
            number += PER_COMMIT
            print(number, flush=True)
            put(store, stamped(number - PER_COMMIT, held[0]))
            store.released(held[0])
            taken = outlet.take(40)
            for one in taken.readings:
                delivered.write(f"{one.series.measurement} {one.values[0]}\n")
            delivered.flush()
            await outlet.settle(taken, Verdict())
            if number % 10 == 0:
                await keep_house(store, at_s=86400.0)


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
