"""Points as a plot in the terminal: one panel per number field, one line per series. Times are UTC."""

import shutil
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from gateway.store.query import Point

PANELS_MAX = 6
PANEL_ROWS = 12
SERIES_MAX = 6
COLUMNS_MAX = 160
TICKS = 5


def plot(found: list[Point], measurement: str) -> None:
    """Draw the number fields over time; say so when there is nothing to draw."""
    import plotext

    names = _number_fields(found)
    if not names:
        print(f"no numbers of {measurement} in this span")
        return
    width = min(shutil.get_terminal_size().columns, COLUMNS_MAX)
    first, last = found[0].time_ns / 1e9, found[-1].time_ns / 1e9
    ticks = [first + (last - first) * place / (TICKS - 1) for place in range(TICKS)]
    labels = [_tick(tick, last - first) for tick in ticks]
    for name in names[:PANELS_MAX]:
        plotext.clear_figure()
        plotext.plot_size(width, PANEL_ROWS)
        plotext.title(name)
        for label, line in list(_by_device(found, name).items())[:SERIES_MAX]:
            times, values = zip(*line, strict=True)
            plotext.plot(times, values, label=label, marker="braille")
        plotext.xticks(ticks, labels)
        drawn = plotext.build()
        print(drawn if sys.stdout.isatty() else plotext.uncolorize(drawn))
        print()
    left_out = len(names) - PANELS_MAX
    if left_out > 0:
        print(f"{left_out} more fields; choose with --field: {', '.join(names[PANELS_MAX:])}")


def _number_fields(found: Iterable[Point]) -> list[str]:
    names: dict[str, None] = {}
    for point in found:
        for name, value in point.fields.items():
            if isinstance(value, float):
                names[name] = None
    return list(names)


def _tick(time_s: float, span_s: float) -> str:
    when = datetime.fromtimestamp(time_s, UTC)
    if span_s > 86400:
        return f"{when:%d %b %H:%M}"
    return f"{when:%H:%M:%S}" if span_s < 3600 else f"{when:%H:%M}"


def _by_device(found: Iterable[Point], name: str) -> dict[str, list[tuple[float, float]]]:
    """(Unix s, value) of each series, by the tags that tell series apart."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for point in found:
        value = point.fields.get(name)
        if isinstance(value, float):
            tags = dict(point.tags)
            label = " ".join(tags[tag] for tag in ("device", "camera", "gateway") if tag in tags)
            lines.setdefault(label, []).append((point.time_ns / 1e9, value))
    return lines
