"""Which time a reading gets, and which gateways' clocks are believed. Pure.

The first that holds: the device's own time (stored samples; the decoder gives it); the concentrator's GPS
time, and else the gateway's own time of the frame, when not more than 60 s ahead of this machine's
trusted clock and not older than `backfill_max`; the time of reception here. Never the time of writing.

GPS times are checked like any other: a concentrator without a fix counts from anywhere. Of a frame that may have
waited somewhere this clock cannot tell, so there the two times of a gateway are held against each other.
"""

from gateway.model import ApplicationUplink, Frame

AHEAD_MAX_NS = 60_000_000_000
"""How far a gateway's time may be ahead of this machine's clock."""
LATE_MAX_NS = 60_000_000_000
"""How far it may be behind on a frame that cannot have waited anywhere."""
MS_NS = 1_000_000
GPS = " (GPS)"
"""Behind a receiver's name: its GPS time, which may be wrong while its own is right."""
DATABASE_MAX_NS = 2**63 - MS_NS
"""Times of a recording are believed as far as a database can hold them: to the year 2262."""
RECEIVERS_MAX = 4096
"""Gateways whose clocks are remembered; their ids come from unauthenticated datagrams."""
RUNS_MAX = 8
"""Runs of used milliseconds remembered per device."""


class GatewayClocks:
    """What is known of each gateway's clock: the last offset seen, and whether it is believed."""

    def __init__(self, backfill_max_s: float) -> None:
        self._backfill_max_ns = int(backfill_max_s * 1e9)
        self.disbelieved: dict[str, float] = {}
        """Receivers whose times are not taken, with their last offset in s (positive: ahead); GPS apart."""

    def uplink_time(self, heard: Frame | ApplicationUplink) -> tuple[int, bool]:
        """(Unix ns on a whole millisecond, whether it must wait for a trusted clock here)."""
        received = heard.received
        if heard.gps_time_ns is None and heard.gateway_time_ns is None:
            return whole_ms(received.wall_ns), not received.trusted
        if heard.recorded:
            for recorded in (heard.gps_time_ns, heard.gateway_time_ns):
                if recorded is not None and 0 <= recorded < DATABASE_MAX_NS:
                    return whole_ms(recorded), False
            return whole_ms(received.wall_ns), not received.trusted
        if not received.trusted:
            # Neither can be checked: the provisional time is this machine's.
            return whole_ms(received.wall_ns), True
        receiver = heard.receptions[0].receiver if heard.receptions else ""
        gps_ns, own_ns = heard.gps_time_ns, heard.gateway_time_ns
        if gps_ns is not None and own_ns is not None and self._contradicts(receiver, gps_ns, heard):
            gps_ns = None
        now_ns, live = received.wall_ns, heard.live
        if gps_ns is not None and self._believes(receiver + GPS, gps_ns, now_ns, live):
            return whole_ms(gps_ns), False
        if own_ns is not None and self._believes(receiver, own_ns, now_ns, live):
            return whole_ms(own_ns), False
        return whole_ms(received.wall_ns), False

    def _contradicts(self, receiver: str, gps_ns: int, heard: Frame | ApplicationUplink) -> bool:
        """Whether the gateway's own time, not known to be wrong, says otherwise, and this clock cannot tell."""
        if heard.live or receiver in self.disbelieved:
            return False
        return abs(gps_ns - (heard.gateway_time_ns or 0)) > LATE_MAX_NS

    def _believes(self, receiver: str, claimed_ns: int, now_ns: int, live: bool) -> bool:
        ahead_ns = claimed_ns - now_ns
        wrong = ahead_ns > AHEAD_MAX_NS or (live and -ahead_ns > LATE_MAX_NS)
        if wrong:
            if len(self.disbelieved) < RECEIVERS_MAX or receiver in self.disbelieved:
                self.disbelieved[receiver] = ahead_ns / 1e9
            return False
        if receiver in self.disbelieved:
            if not live and -ahead_ns > LATE_MAX_NS:
                return False  # its queue, or still its clock
            # Right by this clock. If a queue made a wrong one look so, the time is right all the same, and the
            # next frame of that queue is ahead again.
            del self.disbelieved[receiver]
        return -ahead_ns <= self._backfill_max_ns


def whole_ms(time_ns: int) -> int:
    """Rounded to the nearest millisecond."""
    return (time_ns + MS_NS // 2) // MS_NS * MS_NS


class TimeSlots:
    """The milliseconds that a device's uplinks have taken, so that no two share a point.

    Kept as runs: a queue that is drained without times of its own stamps hundreds of uplinks within a few
    milliseconds, and each is moved to the next free one.
    """

    def __init__(self) -> None:
        self._runs: dict[str, list[list[int]]] = {}
        """[first, last] millisecond of each device's runs, ascending, with a gap between any two."""

    def claim(self, device: str, time_ns: int) -> int:
        """This time, or the next free millisecond after it."""
        runs = self._runs.setdefault(device, [])
        ms = time_ns // MS_NS
        place = len(runs)
        while place and runs[place - 1][0] > ms:
            place -= 1
        before = runs[place - 1] if place else None
        if before is not None and ms <= before[1] + 1:
            ms = max(ms, before[1] + 1)
            before[1] = ms
        else:
            before = [ms, ms]
            runs.insert(place, before)
            if len(runs) > RUNS_MAX:
                # The oldest goes, but not what was just taken: of a backlog, that is the oldest.
                del runs[1 if runs[0] is before else 0]
                place = runs.index(before) + 1
            else:
                place += 1
        if place < len(runs) and runs[place][0] == ms + 1:
            before[1] = runs.pop(place)[1]
        return ms * MS_NS
