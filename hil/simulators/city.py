"""The demo's world as a process of its own: devices that speak, a modem on a pseudo-terminal, two forwarders.

    python -m hil.simulators.city --folder DIR --udp 127.0.0.1:1700 [--devices 9] [--seed 1] [--speed 1]

    DIR/devices.toml   the devices file, mode 0600
    DIR/modem          a link to the modem's pseudo-terminal
    DIR/counters.json  frame counters for the next run, written at the end

One line of JSON on stdout says that both are there: {"ready": true, "pty": ..., "modem": ..., "devices": ...}.
It ends on SIGTERM and SIGINT, and when standard input is a pipe or socket and is closed: whoever started it
may be killed without leaving it behind.
"""

import argparse
import json
import os
import signal
import stat
import sys
import threading
import time
import traceback
from pathlib import Path

from hil.simulators.live_city import LiveCity


def main() -> None:
    """Run until told to end."""
    given = _arguments()
    try:
        _live(given)
    except Exception:
        traceback.print_exc()
        os._exit(1)  # the modem's thread would keep the process alive


def _live(given: argparse.Namespace) -> None:
    city = LiveCity(
        given.folder,
        given.udp,
        start=time.time(),
        devices=given.devices,
        seed=given.seed,
        speed=given.speed,
        plain_source=given.plain_source,
    )
    with city.modem:
        _end_when_told(city)
        ready = {
            "ready": True,
            "pty": city.modem.device,
            "modem": str(city.modem.link),
            "devices": str(city.devices_path),
        }
        print(json.dumps(ready), flush=True)
        while True:
            time.sleep(max(0.0, city.step(time.time()) - time.time()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hil.simulators.city", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where its files go; it exists")
    parser.add_argument(
        "--udp", type=_address, required=True, metavar="HOST:PORT", help="the gateway's UDP source"
    )
    parser.add_argument("--devices", type=int, default=9)
    parser.add_argument("--seed", type=int, default=1, help="another seed is another city")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="how much faster its day goes by and devices speak"
    )
    parser.add_argument(
        "--plain-source", metavar="NAME", help="add a plain LoRa station, heard by this source"
    )
    given = parser.parse_args()
    if given.devices < 1 or given.speed <= 0:
        parser.error("--devices is 1 at least, and --speed more than 0")
    if not given.folder.is_dir():
        parser.error(f"{given.folder} is no folder; make it first")
    return given


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def _end_when_told(city: LiveCity) -> None:
    """End at once from here on, whatever another thread is blocked in: a modem whose host stopped reading."""

    def end(*_: object) -> None:
        try:
            city.save()
            city.modem.link.unlink(missing_ok=True)
        finally:
            # The folder may be gone already; that keeps nobody here.
            os._exit(0)

    def watch_parent() -> None:
        while os.read(0, 4096):
            pass
        end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if sys.stdin is None:
        return
    kind = os.fstat(0).st_mode
    # asyncio gives its children a socket where subprocess gives a pipe.
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
        threading.Thread(target=watch_parent, name="watch parent", daemon=True).start()


if __name__ == "__main__":
    main()
