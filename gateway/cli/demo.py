"""`lora-gateway demo`: simulated devices, through a pseudo-terminal and a UDP socket, into the real daemon.

The devices are a process of their own (`hil.simulators.city`), which writes its own bytes; nothing else is needed.
"""

import asyncio
import json
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.options import program
from gateway.errors import Unavailable

WORLD = "hil.simulators.city"
READY_S_MAX = 20.0
LINES = """\
[gateway]
name = "demo"
region = "AS923-1"
devices = "devices.toml"
tags = {{ site = "demo" }}

[store]
path = "store.db"

[[sources.semtech_udp]]
listen = "127.0.0.1:{udp_port}"

[[sources.serial_line]]
port = "{port}"
modem = "rak_rui3"
"""
SINK = """
[[sinks.influxdb]]
url = "{url}"
database = "{database}"
"""


def command(
    influx: Annotated[str | None, typer.Option(help="Also send to this InfluxDB server.")] = None,
    database: Annotated[str, typer.Option(help="Its database or bucket.")] = "lora_demo",
    org: Annotated[str | None, typer.Option(help="Its organisation (InfluxDB 2).")] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="A file with its token, mode 0600.")
    ] = None,
    devices: Annotated[int, typer.Option(min=3, max=200, help="How many devices speak.")] = 9,
    speed: Annotated[
        float, typer.Option(min=0.1, max=1000, help="How many times faster than life.")
    ] = 1.0,
    seconds: Annotated[
        float | None, typer.Option(help="End after so long; else at Ctrl-C.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where to keep its files; a new one if not given.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on stdout, at the end.")
    ] = False,
) -> None:
    """Show readings of simulated devices, live, until Ctrl-C."""
    place = folder or Path(tempfile.mkdtemp(prefix="lora-gateway-demo-"))
    place.mkdir(parents=True, exist_ok=True)
    sink = ""
    if influx is not None:
        sink = SINK.format(url=influx, database=database)
        sink += f'org = "{org}"\nbucket = "{database}"\n' if org else ""
        sink += f'token_file = "{token_file.absolute()}"\n' if token_file else ""
    asyncio.run(_run(place, sink, devices, speed, seconds, as_json=as_json))


async def _run(
    place: Path, sink: str, devices: int, speed: float, seconds: float | None, *, as_json: bool
) -> None:
    from gateway.app import Gateway
    from gateway.cli.live_view import LiveView
    from gateway.cli.serve import ends
    from gateway.config import load
    from gateway.host.clock import SystemClock

    udp_port = _free_udp_port()
    world = await _start_world(place, udp_port, devices, speed)
    try:
        port = (await _ready(world))["pty"]
        (place / "gateway.toml").write_text(LINES.format(udp_port=udp_port, port=port) + sink)
        config = load(place / "gateway.toml")
        stop = asyncio.Event()
        for number in ends():
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        gateway = Gateway(config, SystemClock(config.gateway.clock_trust))
        running = asyncio.create_task(gateway.run(stop))
        view = LiveView(gateway, quiet=as_json)
        watching = asyncio.create_task(view.run(stop))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await watching
        await running
    finally:
        await _end_world(world)
    _summary(place, as_json=as_json)


async def _start_world(
    place: Path, udp_port: int, devices: int, speed: float
) -> asyncio.subprocess.Process:
    # Standard input is the leash: the world ends when this process is gone, however it went.
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", WORLD, "--folder", str(place), "--udp", f"127.0.0.1:{udp_port}",
        "--devices", str(devices), "--speed", str(speed),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip


async def _ready(world: asyncio.subprocess.Process) -> dict[str, Any]:
    assert world.stdout is not None  # noqa: S101 - asked for above
    try:
        async with asyncio.timeout(READY_S_MAX):
            line = await world.stdout.readline()
        answer = json.loads(line)
    except (TimeoutError, ValueError) as error:
        raise Unavailable(
            f"the simulated devices did not start; try: python -m {WORLD} --help"
        ) from error
    return dict(answer)


async def _end_world(world: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        world.terminate()
    try:
        async with asyncio.timeout(5):
            await world.wait()
    except TimeoutError:
        world.kill()
        await world.wait()


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _summary(place: Path, *, as_json: bool) -> None:
    from gateway.cli.status import document

    config = place / "gateway.toml"
    answer = document(place / "store.db", None)
    if as_json:
        print(json.dumps(answer | {"folder": str(place)}, indent=2))
        return
    frames = answer["frames"]
    outcomes = ", ".join(f"{count} {name}" for name, count in frames["outcomes"].items())
    verdict = "every one accounted for" if answer["balanced"] else "THE SUMS DO NOT HOLD"
    print(f"\n{frames['heard']} frames heard: {outcomes}; {verdict}")
    print(f"{answer['readings']['accepted']} readings kept in {place}. Look at them with:\n")
    for line in (
        "query air_quality --format plot",
        "query energy --format csv",
        "query --uplinks",
        "status",
    ):
        print(f"  {program()} {line} --config {config}")
    if not answer["balanced"]:
        raise typer.Exit(1)
