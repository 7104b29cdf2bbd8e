"""The daemon's memory and descriptors over the run, from /proc, and whether they grow.

Only the last life is judged, from `SETTLED_S` after its start: caches have to fill, and a restart begins anew.

Source: proc(5), /proc/pid/status VmRSS and /proc/pid/fd.
"""

from dataclasses import dataclass, field
from pathlib import Path

SETTLED_S = 20.0
KILOBYTES_PER_MEGABYTE = 1024
RSS_GROWTH_MB_MAX = 12.0
"""Over the watched part of a run: memories of uplinks and topics that are bounded may still fill."""
RSS_SLOPE_MB_PER_H_MAX = 30.0
"""Of runs whose watched part is long enough to tell."""
TELLING_S = 600.0
DESCRIPTORS_SPARE = 4
"""Connections that come and go: an upload, a command that asks, a reader of the store."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One look."""

    life: int
    """How often the daemon had been started."""
    age_s: float
    """Since its start."""
    rss_mb: float
    descriptors: int


@dataclass(slots=True)
class VitalSigns:
    """All looks of a run."""

    signs: list[Sign] = field(default_factory=list)
    calm_descriptors: int | None = None
    """With everything connected and before the first fault."""

    def note_calm(self) -> None:
        """The newest look was taken while all was well."""
        if self.signs:
            self.calm_descriptors = self.signs[-1].descriptors

    def look(self, pid: int, life: int, age_s: float) -> None:
        """Look once; a process that has just ended is not looked at."""
        folder = Path("/proc") / str(pid)
        try:
            status = (folder / "status").read_text(encoding="ascii")
            descriptors = len(list((folder / "fd").iterdir()))
        except OSError:
            return
        lines = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        if lines:
            rss_mb = int(lines[0].split()[1]) / KILOBYTES_PER_MEGABYTE
            self.signs.append(Sign(life, age_s, rss_mb, descriptors))

    @property
    def watched(self) -> list[Sign]:
        """Those that are judged."""
        last = max((sign.life for sign in self.signs), default=0)
        return [sign for sign in self.signs if sign.life == last and sign.age_s >= SETTLED_S]

    def rss_slope_mb_per_h(self) -> float | None:
        """By least squares; None when nothing was watched."""
        signs = self.watched
        if len(signs) < 3:
            return None
        mean_age = sum(sign.age_s for sign in signs) / len(signs)
        mean_rss = sum(sign.rss_mb for sign in signs) / len(signs)
        spread = sum((sign.age_s - mean_age) ** 2 for sign in signs)
        together = sum((sign.age_s - mean_age) * (sign.rss_mb - mean_rss) for sign in signs)
        return 3600 * together / spread if spread else None

    def complaints(self) -> list[str]:
        """What grows that should not."""
        signs = self.watched
        if len(signs) < 3:
            return []
        found = []
        growth = signs[-1].rss_mb - signs[0].rss_mb
        watched_s = signs[-1].age_s - signs[0].age_s
        slope = self.rss_slope_mb_per_h() or 0.0
        if growth > RSS_GROWTH_MB_MAX + watched_s / 3600 * RSS_SLOPE_MB_PER_H_MAX:
            found.append(f"memory grew by {growth:.1f} MB in {watched_s:.0f} s")
        if watched_s > TELLING_S and slope > RSS_SLOPE_MB_PER_H_MAX:
            found.append(f"memory grows by {slope:.1f} MB an hour")
        calm = self.calm_descriptors
        if calm is not None and signs[-1].descriptors > calm + DESCRIPTORS_SPARE:
            found.append(f"descriptors went from {calm} to {signs[-1].descriptors}")
        return found

    def sentence(self) -> str:
        """Figures of the watched part."""
        signs = self.watched
        if not signs:
            return "the last life of the daemon was too short to watch"
        watched_s = signs[-1].age_s - signs[0].age_s
        slope = self.rss_slope_mb_per_h() if watched_s > TELLING_S else None
        rss = [sign.rss_mb for sign in signs]
        descriptors = [sign.descriptors for sign in signs]
        rate = " (too short for a slope)" if slope is None else f", slope {slope:+.1f} MB/h"
        return (
            f"RSS {rss[0]:.1f} to {rss[-1]:.1f} MB (most {max(rss):.1f}) over {watched_s:.0f} s{rate}; "
            f"descriptors {self.calm_descriptors} before the first fault, {descriptors[-1]} after the last "
            f"(most {max(descriptors)})"
        )
