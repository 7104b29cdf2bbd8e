"""The simulated server as a process: prints its URL on the first line, ends on SIGTERM or Ctrl-C."""

import argparse
import signal
from pathlib import Path

from hil.simulators.influxdb_server import InfluxdbServer


def main() -> None:
    """Serve until told to stop. GET /points answers with everything stored, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m hil.simulators.influxdb_server")
    parser.add_argument("--version", choices=("2", "3"), default="2")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token-file", type=Path, help="what writers must show; none: all may")
    parser.add_argument("--org", default="city", help="version 2")
    parser.add_argument("--bucket", action="append", help="version 2; may be repeated")
    parser.add_argument("--retention-s", type=float, help="version 2: older points are dropped")
    options = parser.parse_args()
    token = options.token_file.read_text(encoding="utf-8").strip() if options.token_file else ""
    stop = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    with InfluxdbServer(
        host=options.host,
        port=options.port,
        version=options.version,
        token=token,
        org=options.org,
        buckets=set(options.bucket or ["city"]),
        retention_s=options.retention_s,
    ) as server:
        print(server.url, flush=True)
        signal.sigwait(stop)


if __name__ == "__main__":
    main()
