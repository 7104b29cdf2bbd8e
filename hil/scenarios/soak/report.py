"""The end of a run as tables, for a terminal and for a page."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hil.scenarios.soak.run import Happened, Outcome

Rows = list[Sequence[str]]

_WAYS = {
    "gateways": "MQTT, QoS 1: acknowledged to the publisher",
    "roof": "UDP, at most once",
    "modem": "serial, at most once",
}


def summary(outcome: Outcome) -> Rows:
    """What became of what was sent, with a heading."""
    rows: Rows = [
        ("way in", "uplinks sent", "in the database", "lost", "nobody could hear", "twice", "wrong")
    ]
    for way, tally in outcome.verdict.tallies.items():
        lost = tally.missing - tally.excused
        counts = (tally.sent, tally.there, lost, tally.excused, tally.twice, tally.wrong)
        rows.append((_WAYS[way], *(f"{count:,}" for count in counts)))
    return rows


def faults(happened: Iterable[Happened]) -> Rows:
    """Each kind of fault with how often it came, with a heading."""
    kinds: dict[str, list[Happened]] = {}
    for one in happened:
        kinds.setdefault(one.planned.fault.name, []).append(one)
    rows: Rows = [("fault", "row", "times", "first at", "the last one")]
    for name, all_of in sorted(kinds.items(), key=lambda pair: pair[1][0].planned.fault.row):
        done = [one for one in all_of if not one.words.startswith("left out")]
        first = all_of[0]
        rows.append(
            (name, first.planned.fault.row, f"{len(done)}", f"{first.at_s:.0f} s", all_of[-1].words)
        )
    return rows


def facts(outcome: Outcome) -> list[str]:
    """One line each."""
    verdict = outcome.verdict
    closed = ", ".join(f"{way} {seconds:.0f} s" for way, seconds in outcome.closed_s.items())
    return [
        f"{outcome.seconds:.0f} s of faults with seed {outcome.seed}: {len(outcome.happened)} faults",
        f"{outcome.starts} starts of the daemon; all delivered {outcome.settled_s:.0f} s after the last fault",
        f"{verdict.points:,} points in the database, {verdict.strange} of them not sent by anybody",
        f"{outcome.looks} answers of status meanwhile, {outcome.unbalanced} whose sums did not hold",
        f"nobody could hear: {closed}",
        f"frames by outcome: {', '.join(f'{name} {n:,}' for name, n in outcome.refused.items())}",
        f"{outcome.signs.sentence()}; store {outcome.store_bytes / 1e6:.1f} MB",
        f"MQTT at the end: {outcome.broker_words}",
    ]


def show(outcome: Outcome, console: Console) -> None:
    """Both tables, the facts and the verdict."""
    console.print(_table(faults(outcome.happened)))
    console.print(_table(summary(outcome)))
    for fact in facts(outcome):
        console.print(fact, highlight=False)
    for complaint in outcome.complaints:
        console.print(f"[red]{complaint}[/]", highlight=False)
    console.print(
        "[green bold]every promise held[/]"
        if outcome.passed
        else "[red bold]NOT every promise held[/]"
    )


def write_markdown(outcome: Outcome, path: Path) -> None:
    """The same as a page."""
    lines = [*_markdown(summary(outcome)), "", *(f"- {fact}" for fact in facts(outcome)), ""]
    lines += _markdown(faults(outcome.happened))
    lines += ["", *(f"- **{complaint}**" for complaint in outcome.complaints)]
    lines.append("every promise held" if outcome.passed else "**not every promise held**")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _markdown(rows: Rows) -> list[str]:
    head, *rest = ("| " + " | ".join(row) + " |" for row in rows)
    return [head, "|---" * len(rows[0]) + "|", *rest]


def _table(rows: Rows) -> Table:
    head, *rest = rows
    table = Table(*head)
    for row in rest:
        table.add_row(*row)
    return table
