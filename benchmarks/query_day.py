"""How long one day of one device takes to read out of a store of millions of readings, as a whole process.

    .venv/bin/python -m benchmarks.query_day [--readings 5000000] [--devices 500] [--days 30] [--runs 5]

The store is written by the gateway's own Store, sealed as in service but for the newest rows: a day that is
sealed is asked for, and the last day, which is still in the unsealed tail at its greatest length.
"""

import argparse
import asyncio
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from rich.progress import Progress

from gateway.model import Frame, Radio, Reading, Reception, Record, Series, Stamp
from gateway.store.store import Store
from gateway.store.upkeep import TAIL_ROWS_MAX

BATCH = 2000
SEAL_EVERY = 20_000
DAY_S = 86_400
DATA_FIELDS = (
    "pm1_0_ugm3", "pm2_5_ugm3", "pm10_ugm3", "co2_ppm", "temperature_c", "humidity_pct", "pressure_hpa",
    "noise_dba", "battery_v",
)  # fmt: skip
LINK_FIELDS = (
    "rssi_dbm", "snr_db", "spreading_factor", "frequency_mhz", "airtime_ms", "f_cnt", "lost",
)  # fmt: skip
RADIO = Radio(868_100_000, "LORA", 7, 125_000, None, "4/5")


class QueryDay(TypedDict):
    """What came of it."""

    readings: int
    store_mb: float
    build_s: float
    sealed_s: float
    """A day of the sealed history, median."""
    tail_s: float
    """The last day, in the unsealed tail, median."""
    points: int
    """Of the sealed day."""


def query_day(folder: Path, readings: int, devices: int, days: int, runs: int) -> QueryDay:
    """Build the store and ask."""
    end_s = int(time.time())
    with tempfile.TemporaryDirectory(dir=folder) as own:
        path = Path(own) / "store.db"
        began = time.perf_counter()
        asyncio.run(build(path, readings // 2, devices, days * DAY_S, end_s))
        build_s = time.perf_counter() - began
        middle = end_s - days * DAY_S // 2
        sealed = [ask(path, middle, middle + DAY_S) for _ in range(runs)]
        tail = [ask(path, end_s - DAY_S, end_s) for _ in range(runs)]
        return QueryDay(
            readings=readings,
            store_mb=path.stat().st_size / 2**20,
            build_s=build_s,
            sealed_s=statistics.median(took for took, _ in sealed),
            tail_s=statistics.median(took for took, _ in tail),
            points=sealed[0][1],
        )


def ask(store: Path, since_s: int, until_s: int) -> tuple[float, int]:
    """Seconds that the command took, and how many points it printed."""
    span = [datetime.fromtimestamp(s, UTC).isoformat() for s in (since_s, until_s)]
    command = [
        str(Path(sys.executable).with_name("lora-gateway")), "query", "air_quality", "--store", str(store),
        "--device", "air-0001", "--since", span[0], "--until", span[1], "--format", "csv",
    ]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"query ended with {done.returncode}: {done.stderr.decode()[-1000:]}")
    return took, done.stdout.count(b"\n") - 1


async def build(path: Path, frames: int, devices: int, span_s: int, end_s: int) -> None:
    """Write a store of so many uplinks, two readings each."""
    store = Store(path, size_max=64 << 30, age_max_s=365 * DAY_S)
    store.begin_boot("benchmark")
    shapes = [_shapes(number) for number in range(1, devices + 1)]
    sessions = [
        store.session_id(f"{0x02000000 + number:08x}", "fp", 0, f"air-{number:04}")
        for number in range(1, devices + 1)
    ]
    numbers = random.Random(1)
    with Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("building the store", total=frames)
        for index in range(frames):
            f_cnt, place = divmod(index, devices)
            wall_ns = (end_s * 1000 - (frames - 1 - index) * span_s * 1000 // frames) * 1_000_000
            store.add(_record(shapes[place], sessions[place], place, f_cnt, wall_ns, numbers))
            if index % BATCH == BATCH - 1:
                await store.commit()
                progress.update(task, completed=index)
            if index % SEAL_EVERY == SEAL_EVERY - 1 and frames - index > TAIL_ROWS_MAX:
                while await store.maintain(wall_ns, lambda upto: upto):
                    pass
    await store.close()


def _shapes(number: int) -> tuple[Series, Series]:
    name = f"air-{number:04}"
    tags = (("dev_eui", f"{number:016x}"), ("device", name))
    link_tags = (*tags, ("gateway", "0016c001ff10a235"), ("host", "bench"))
    return Series("air_quality", tags, DATA_FIELDS), Series("lora_link", link_tags, LINK_FIELDS)


def _record(
    shapes: tuple[Series, Series],
    session: int,
    place: int,
    f_cnt: int,
    wall_ns: int,
    numbers: random.Random,
) -> Record:
    data, link = shapes
    rssi_dbm = -60.0 - numbers.randrange(58)
    frame = Frame(
        "broker",
        numbers.randbytes(33),
        RADIO,
        (Reception("0016c001ff10a235", 0, rssi_dbm, 7.5, 1, str(f_cnt)),),
        Stamp(wall_ns, wall_ns, True),
    )
    values = tuple(numbers.randrange(1000) / 10 for _ in DATA_FIELDS)
    readings = (
        Reading(data, wall_ns, values),
        Reading(link, wall_ns, (rssi_dbm, 7.5, 7.0, 868.1, 71.936, float(f_cnt), 0.0)),
    )
    return Record(
        frame, "uplink", device=f"air-{place + 1:04}", readings=readings, session=session, f_cnt=f_cnt
    )  # fmt: skip


def main() -> None:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--readings", type=int, default=5_000_000)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    came = query_day(given.folder, given.readings, given.devices, given.days, given.runs)
    for name, value in came.items():
        print(f"{name:<10} {value:,.2f}" if isinstance(value, float) else f"{name:<10} {value:,}")


if __name__ == "__main__":
    main()
