"""Rounds to medians and ratios; a table and a picture for the terminal, a JSON file to keep."""

import json
import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import plotext
from rich.console import Console
from rich.table import Table

from benchmarks.flood import Flood

RESULTS = Path(__file__).parent / "results"

Rounds = Sequence[Mapping[str, Flood]]
"""One entry per round: contestants' names and what came of their runs."""


def median(rounds: Rounds, name: str, figure: str) -> float:
    """Of one contestant's figure."""
    return statistics.median(float(taken[name][figure]) for taken in rounds)  # type: ignore[literal-required]


def ratio(rounds: Rounds, name: str, other: str, figure: str) -> float:
    """The median of the ratios within the rounds: the machine's speed drifts between them."""
    return statistics.median(
        float(taken[name][figure]) / float(taken[other][figure])  # type: ignore[literal-required]
        for taken in rounds
    )


def show_floods(console: Console, rounds: Rounds, whats: Mapping[str, str]) -> None:
    """The table of the contestants, and bars of their rates."""
    first = next(iter(whats))
    table = Table(title=f"As fast as taken, medians of {len(rounds)} rounds", title_justify="left")
    table.add_column("contestant")
    for head in ("frames", "frames/s", f"{first}/it", "CPU us/frame", f"it/{first}", "peak RSS MB",
                 "start s", "lost", "twice"):  # fmt: skip
        table.add_column(head, justify="right")
    for name, what in whats.items():
        of = [taken[name] for taken in rounds]
        table.add_row(
            what,
            f"{of[0]['frames']:,}",
            f"{median(rounds, name, 'frames_per_s'):,.0f}",
            f"{ratio(rounds, first, name, 'frames_per_s'):.1f}",
            f"{median(rounds, name, 'cpu_us_per_frame'):,.0f}",
            f"{ratio(rounds, name, first, 'cpu_us_per_frame'):.1f}",
            f"{median(rounds, name, 'peak_rss_mb'):.0f}",
            f"{median(rounds, name, 'start_s'):.2f}",
            str(sum(run["lost"] for run in of)),
            str(sum(run["duplicates"] for run in of)),
        )
    console.print(table)
    plotext.simple_bar(
        list(whats), [median(rounds, name, "frames_per_s") for name in whats],
        width=min(console.width, 100), title="frames/s",
    )  # fmt: skip
    print(plotext.build() if console.is_terminal else plotext.uncolorize(plotext.build()))
    plotext.clear_figure()


def show_figures(console: Console, title: str, columns: Mapping[str, Mapping[str, Any]]) -> None:
    """Figures by name, one column for each run."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for head in columns:
        table.add_column(head, justify="right")
    for figure in next(iter(columns.values())):
        table.add_row(
            figure.replace("_", " "),
            *(
                f"{run[figure]:,.2f}" if isinstance(run[figure], float) else f"{run[figure]:,}"
                for run in columns.values()
            ),
        )
    console.print(table)


def show_budgets(console: Console, budgets: Sequence[tuple[str, float, str, float]]) -> bool:
    """What was promised and what came: (name, measured, "<=" or ">=", limit); whether all are kept."""
    table = Table(title="Budgets", title_justify="left")
    table.add_column("")
    for head in ("measured", "budget", ""):
        table.add_column(head, justify="right")
    kept = []
    for name, measured, sign, limit in budgets:
        kept.append(measured <= limit if sign == "<=" else measured >= limit)
        table.add_row(
            name, f"{measured:,.2f}", f"{sign} {limit:,g}", "kept" if kept[-1] else "missed"
        )
    console.print(table)
    return all(kept)


def keep(results: Mapping[str, Any], folder: Path = RESULTS) -> Path:
    """Write the JSON file; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / time.strftime("%Y-%m-%dT%H%M%SZ.json", time.gmtime())
    path.write_text(json.dumps({"machine": machine(), **results}, indent=2) + "\n")
    return path


def machine() -> dict[str, Any]:
    """What it ran on."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            model = line.partition(":")[2].strip()
            break
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
