"""The demo's frames on a terminal of 80 columns: time, source, outcome and counter stay whole."""

from io import StringIO
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from gateway.cli.live_view import LiveView
from gateway.model import Frame, Radio, Reception, Record, Stamp

RECEPTION = Reception(receiver="02c17aff00000001", rssi_dbm=-104.0)


def test_only_the_receiver_gives_way_on_a_narrow_terminal() -> None:
    gateway: Any = SimpleNamespace(store=SimpleNamespace(newest_seq=0))
    view = LiveView(gateway, quiet=True)
    stamp = Stamp(wall_ns=1_795_305_600_123_000_000, boot_ns=0, trusted=True)
    frame = Frame("semtech_udp", b"\x40", Radio(), (RECEPTION,), stamp)
    view._frames.append(Record(frame, "repeated", device="meter-01", f_cnt=12345))

    screen = StringIO()
    Console(file=screen, width=80).print(view._frames_table())

    for whole in ("00:00:00.123", "semtech_udp", "repeated", "meter-01", "12345", "counter"):
        assert whole in screen.getvalue()
