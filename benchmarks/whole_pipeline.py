"""The whole gateway, from broker to database, measured beside gateways of a page of Python.

    scripts/bench [--frames 60000] [--devices 500] [--rounds 3] [--steady 20] [--backlog 100000]
                  [--readings 5000000] [--only flood,steady,forged,backlog,query]

flood     each contestant gets the same frames as fast as it takes them; in turn, in rotating order
steady    100 frames/s: latency to the disk, bytes written, CPU time, memory
forged    the same with 1,000 frames/s beside it whose MIC is wrong
backlog   the database is away, 100,000 frames gather, the database comes
query     a day of one device out of 5 million readings

Broker and database are real, in a temporary folder, and share the machine with the contestants: ratios
within a round mean something, absolute figures only together with the machine's description.
Exit code 1 when a budget is missed.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import results
from benchmarks.backlog import backlog
from benchmarks.contestants import BATCHING, CONTESTANTS, OURS, OURS_INFLUX1, PER_MESSAGE
from benchmarks.flood import Flood, flood
from benchmarks.load import Load, prepare
from benchmarks.query_day import query_day
from benchmarks.steady import RATE, steady

PARTS = ("flood", "steady", "forged", "backlog", "query")
FORGED_PER_S = 1000.0
FORGED_SECONDS = 20.0

Budget = tuple[str, float, str, float]


class Bench:
    """One run of the parts that were asked for."""

    def __init__(self, options: argparse.Namespace, folder: Path, load: Load) -> None:
        self.options = options
        self.folder = folder
        self.load = load
        self.console = Console(width=None if sys.stdout.isatty() else 140)
        self.results: dict[str, Any] = {}
        self.budgets: list[Budget] = []

    def flood(self) -> None:
        """Rounds of all contestants."""
        rounds: list[dict[str, Flood]] = []
        for turn in range(self.options.rounds):
            first = turn % len(CONTESTANTS)
            taken: dict[str, Flood] = {}
            for contestant in (*CONTESTANTS[first:], *CONTESTANTS[:first]):
                frames = max(1, self.options.frames // contestant.share)
                taken[contestant.name] = flood(contestant, self.load, frames, self.folder)
                self.say(f"round {turn + 1}, {contestant.name}: {taken[contestant.name]}")
            rounds.append(taken)
        whats = {contestant.name: contestant.what for contestant in CONTESTANTS}
        results.show_floods(self.console, rounds, whats)
        self.results["flood"] = rounds
        ours, batching, per_message = OURS.name, BATCHING.name, PER_MESSAGE.name
        ratio = results.ratio
        self.budgets += [
            ("frames/s, ours / batching", ratio(rounds, ours, batching, "frames_per_s"), ">=", 2),
            ("CPU per frame, ours / batching",
             ratio(rounds, ours, batching, "cpu_us_per_frame"), "<=", 0.5),
            ("frames/s, ours / per_message",
             ratio(rounds, ours, per_message, "frames_per_s"), ">=", 10),
            ("start to SUBSCRIBE, s", results.median(rounds, ours, "start_s"), "<=", 0.5),
        ]  # fmt: skip

    def steady(self) -> None:
        """This gateway and the batching peer."""
        columns = {
            contestant.name: steady(contestant, self.load, self.folder, self.options.steady)
            for contestant in (OURS_INFLUX1, BATCHING)
        }
        title = f"{RATE:.0f} frames/s for {self.options.steady:.0f} s (a peer acknowledges before it writes)"
        results.show_figures(self.console, title, columns)
        self.results["steady"] = columns
        ours = columns[OURS_INFLUX1.name]
        self.budgets += [
            ("RSS after the steady run, MB", ours["rss_mb"], "<=", 60),
            ("bytes written per frame", ours["written_bytes_per_frame"], "<=", 2500),
        ]

    def forged(self) -> None:
        """Latency of valid frames beside forged ones."""
        columns = {
            "alone": steady(OURS_INFLUX1, self.load, self.folder, FORGED_SECONDS),
            "with forged": steady(
                OURS_INFLUX1, self.load, self.folder, FORGED_SECONDS, FORGED_PER_S
            ),
        }
        title = f"{RATE:.0f} frames/s, alone and beside {FORGED_PER_S:.0f}/s with a wrong MIC"
        results.show_figures(self.console, title, columns)
        self.results["forged"] = columns
        worse = columns["with forged"]["p99_ms"] / columns["alone"]["p99_ms"]
        self.budgets.append(("p99 latency, with forged / alone", worse, "<=", 2))

    def backlog(self) -> None:
        """A database that is away."""
        came = backlog(self.load, self.options.backlog, self.folder)
        results.show_figures(self.console, "Database away, then back", {OURS.name: came})
        self.results["backlog"] = came
        self.budgets.append(("peak RSS with the backlog, MB", came["peak_rss_mb"], "<=", 80))

    def query(self) -> None:
        """A day out of the store."""
        came = query_day(
            self.folder, self.options.readings, self.options.devices, days=30, runs=self.options.rounds
        )  # fmt: skip
        results.show_figures(self.console, "lora-gateway query, one day", {OURS.name: came})
        self.results["query"] = came
        self.budgets += [
            ("query of a sealed day, s", came["sealed_s"], "<=", 1),
            ("query of a day in the tail, s", came["tail_s"], "<=", 1),
        ]

    def say(self, line: str) -> None:
        """Progress, beside the results."""
        print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Run the parts, show and keep what came of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--frames", type=int, default=60_000)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steady", type=float, default=20, metavar="S", help="600 for the budgets")
    parser.add_argument("--backlog", type=int, default=100_000, metavar="FRAMES")
    parser.add_argument("--readings", type=int, default=5_000_000)
    parser.add_argument("--only", default=",".join(PARTS), help="of " + ",".join(PARTS))
    parser.add_argument(
        "--folder", type=Path, help="for servers and stores; a disk, not a RAM disk"
    )
    options = parser.parse_args()
    parts = options.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"--only knows {', '.join(PARTS)}, not {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as own:
        folder = Path(own)
        most = max(options.frames, options.backlog, round(options.steady * RATE))
        load = prepare(folder / "load", most, options.devices)
        bench = Bench(options, folder, load)
        for part in parts:
            bench.say(part)
            getattr(bench, part)()
    kept = results.show_budgets(bench.console, bench.budgets)
    bench.results["budgets"] = bench.budgets
    bench.results["options"] = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in vars(options).items()
    }
    print(f"kept in {results.keep(bench.results)}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
