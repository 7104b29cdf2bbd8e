"""What writing to InfluxDB costs, in CPU time of the writing process, by the sink and by influxdb-client.

    .venv/bin/python benchmarks/influx_write.py [--rounds 7] [--batches 6]

Batches of 5000 readings of twelve fields and three tags go to a server of a few lines in a process of its
own that reads each request and answers 204, so that only the writer is measured. In turn, because the
machine's speed drifts; microseconds per line, the median of the rounds.

    render           readings to lines, nothing sent
    sink             InfluxdbSink.deliver: render, gzip level 1, HTTP, verdict
    own http         the sink's HTTP client with a body that is ready and compressed
    own http plain   the same without compression
    client plain     influxdb-client, WriteApi SYNCHRONOUS, a body of bytes that is ready
    client gzip      the same with its enable_gzip
    client ready     influxdb-client's generated WriteService with a body that is ready and compressed
    client batching  influxdb-client, its batching WriteApi, fed with lines that are ready

At the end: how long importing each takes, and how much memory, in a new process.
"""

import argparse
import gzip
import multiprocessing
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from influxdb_client import InfluxDBClient, WriteOptions, WriteService
from influxdb_client.client.write_api import SYNCHRONOUS

from gateway.model import Reading, Series
from gateway.sinks.influxdb.config import InfluxdbSection
from gateway.sinks.influxdb.http import HttpClient
from gateway.sinks.influxdb.line_protocol import Renderer
from gateway.sinks.influxdb.sink import InfluxdbSink

LINES = 5000
TOKEN = "t"  # noqa: S105 - the server takes any
TARGET = "/api/v2/write?org=o&bucket=b&precision=ns"
FIELDS = (
    "pm1_0_ugm3", "pm2_5_ugm3", "pm4_0_ugm3", "pm10_ugm3", "co2_ppm", "temperature_c",
    "humidity_pct", "pressure_hpa", "noise_db", "voc_index", "nox_index", "battery_v",
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batches", type=int, default=6, help="batches per round and way")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0))
    server = multiprocessing.Process(target=_answer_204, args=(listener,), daemon=True)
    server.start()
    try:
        port = listener.getsockname()[1]
        listener.close()
        ways = _ways(f"http://127.0.0.1:{port}", _batch())
        figures = _measure(ways, options.rounds, options.batches)
    finally:
        server.kill()
        server.join()
    for name, rounds in figures.items():
        print(f"{name:<16} {statistics.median(rounds):7.2f} us/line   (best {min(rounds):.2f})")
    _print_imports()


def _measure(
    ways: dict[str, Callable[[], object]], rounds: int, batches: int
) -> dict[str, list[float]]:
    for way in ways.values():
        way()
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begun = time.process_time()
            for _ in range(batches):
                way()
            figures[name].append((time.process_time() - begun) / batches / LINES * 1e6)
    return figures


def _ways(url: str, batch: list[Reading]) -> dict[str, Callable[[], object]]:
    renderer = Renderer()
    lines = [renderer.line(reading) for reading in batch]
    body = b"\n".join(lines)
    packed = gzip.compress(body, 1)
    sink = InfluxdbSink(InfluxdbSection(url=url, version="2", org="o", bucket="b"), "bench")
    http = HttpClient(url, ca_file=None, timeout_s=30)
    headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "text/plain; charset=utf-8"}
    client = InfluxDBClient(url, token=TOKEN, org="o")
    plain = client.write_api(write_options=SYNCHRONOUS)
    zipped = InfluxDBClient(url, token=TOKEN, org="o", enable_gzip=True)
    zipping = zipped.write_api(write_options=SYNCHRONOUS)
    service = WriteService(client.api_client)

    def batching() -> None:
        options = WriteOptions(batch_size=LINES, flush_interval=60_000)
        with client.write_api(options) as api:
            for line in lines:
                api.write("b", record=line)

    return {
        "render": lambda: [renderer.line(reading) for reading in batch],
        "sink": lambda: sink.deliver(batch),
        "own http": lambda: http.request(
            "POST", TARGET, {**headers, "Content-Encoding": "gzip"}, packed
        ),
        "own http plain": lambda: http.request("POST", TARGET, headers, body),
        "client plain": lambda: plain.write("b", record=body),
        "client gzip": lambda: zipping.write("b", record=body),
        "client ready": lambda: service.post_write(
            org="o", bucket="b", precision="ns", body=packed, content_encoding="gzip",
            content_type="text/plain; charset=utf-8",
        ),
        "client batching": batching,
    }  # fmt: skip


def _batch() -> list[Reading]:
    numbers = random.Random(1)
    shapes = [
        Series(
            "air_quality",
            (("dev_eui", f"{n:016x}"), ("device", f"aq-{n:03}"), ("site", "city-hall")),
            FIELDS,
        )
        for n in range(500)
    ]
    return [
        Reading(
            shapes[n % len(shapes)],
            1_763_000_000_000_000_000 + n * 10**6,
            tuple(round(numbers.uniform(0, 500), 1) for _ in FIELDS),
        )
        for n in range(LINES)
    ]


def _answer_204(listener: socket.socket) -> None:
    """Serve each connection in a thread: the writers keep theirs open."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    reader = connection.makefile("rb")
    with connection, reader:
        while line := reader.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                line = reader.readline()
            reader.read(length)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def _print_imports() -> None:
    base = "import asyncio, gateway.sinks.influxdb.config"
    for name, statement in {
        "nothing": "pass",
        "asyncio and the configuration": base,
        "that and the sink": f"{base}, gateway.sinks.influxdb.sink",
        "that and influxdb_client": f"{base}, influxdb_client",
    }.items():
        program = (
            f"import time; begun = time.perf_counter(); {statement}; "
            "took = time.perf_counter() - begun; status = open('/proc/self/status').read(); "
            "print(took * 1e3, int(status.split('VmRSS:')[1].split()[0]) / 1024)"
        )
        runs = [
            [
                float(word)
                for word in subprocess.check_output([sys.executable, "-c", program]).split()
            ]
            for _ in range(7)
        ]
        ms, mib = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"import {name:<30} {ms:6.0f} ms {mib:6.1f} MiB")


if __name__ == "__main__":
    main()
