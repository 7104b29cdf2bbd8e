"""The daemon under random faults from a seed: `scripts/soak --minutes 2 --seed 1`; code 1 when it fails."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from hil.scenarios.soak import report
from hil.scenarios.soak.plan import plan
from hil.scenarios.soak.run import Outcome, Soak

SECONDS_LEAST = 30.0


def main() -> None:
    """Run, show, and end with what came of it."""
    given = _arguments()
    console = Console()
    missing = [name for name in ("mosquitto", "influxd") if not _installed(name)]
    if missing:
        console.print(f"not installed: {', '.join(missing)}; run scripts/setup --test")
        sys.exit(2)
    seconds = max(SECONDS_LEAST, given.minutes * 60)
    if given.plan:
        _show_plan(given.seed, seconds, console)
        return
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    try:
        outcome = _run(folder, given.seed, seconds, console)
    except KeyboardInterrupt:
        console.print(f"ended early; logs and store: {folder}", highlight=False)
        sys.exit(130)
    report.show(outcome, console)
    if given.report is not None:
        report.write_markdown(outcome, given.report)
    if outcome.passed and not given.keep:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        console.print(f"seed {given.seed}; logs and store: {folder}", highlight=False)
    sys.exit(0 if outcome.passed else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="of faults; an hour by hand")
    parser.add_argument(
        "--seed",
        type=int,
        default=int(time.time()) % 100_000,
        help="the same seed, the same faults",
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables as markdown")
    parser.add_argument("--plan", action="store_true", help="only say what would happen when")
    parser.add_argument("--keep", action="store_true", help="keep logs and store of a good run too")
    return parser.parse_args()


def _run(folder: Path, seed: int, seconds: float, console: Console) -> Outcome:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=seconds)

        def tell(soak: Soak) -> None:
            progress.update(task, completed=min(soak.elapsed_s, seconds), description=_line(soak))

        soak = Soak(folder, seed, seconds, tell)
        return asyncio.run(soak.run())


def _line(soak: Soak) -> str:
    sent = sum(len(of) for of in soak.bench.book.sent.values())
    frames = soak.bench.status.get("frames", {})
    sinks = soak.bench.status.get("readings", {}).get("sinks", {})
    pending = sinks.get("city", {}).get("pending", 0)
    lost = ", ".join(soak.under_way.values()) or "calm"
    return f"{soak.stage}: {sent:,} sent, {frames.get('heard', 0):,} heard, {pending:,} pending; {lost}"


def _show_plan(seed: int, seconds: float, console: Console) -> None:
    every = [(one.at_s, lane, one) for lane, of in plan(seed, seconds).items() for one in of]
    for at_s, lane, one in sorted(every, key=lambda entry: entry[:2]):
        console.print(
            f"{at_s:7.1f} s  {lane:9} {one.fault.name}, {one.lasts_s:.1f} s", highlight=False
        )


def _installed(name: str) -> bool:
    return any(shutil.which(name, path=path) for path in (None, "/usr/sbin"))


if __name__ == "__main__":
    main()
