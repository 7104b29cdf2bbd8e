"""Who runs: this gateway with a sink of either version, and the peers. Each has a command and an own database."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load
from benchmarks.servers import Database, Influxd, Points, VictoriaMetrics

_PEER_POINTS = (("air", "f_cnt", "device"),)
_OWN_POINTS = (("lora_link", "f_cnt", "device"), ("air_quality", "battery_v", "device"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One program in one set-up."""

    name: str
    what: str
    """One line for the table."""
    database: type[Database]
    command: Callable[[Path, Load, int, str], list[str]]
    """Folder, load, broker port, database URL: the process to start."""
    points: tuple[Points, ...]
    """What is counted; the first tells frames apart by their counter."""
    samples_per_frame: int
    """How much a frame adds to the database's own figure of what was written."""
    share: int = 1
    """It gets one frame of so many: the slow one would take too long."""


def _peer(module: str, *more: str) -> Callable[[Path, Load, int, str], list[str]]:
    def command(_folder: Path, load: Load, broker_port: int, url: str) -> list[str]:
        return [
            sys.executable, "-m", f"benchmarks.peers.{module}", "--broker-port", str(broker_port),
            "--url", url, "--keys", str(load.keys), *more,
        ]  # fmt: skip

    return command


def _own(sink: str) -> Callable[[Path, Load, int, str], list[str]]:
    def command(folder: Path, load: Load, broker_port: int, url: str) -> list[str]:
        config = folder / "gateway.toml"
        config.write_text(
            f'[gateway]\nname = "bench"\nregion = "EU868"\ndevices = "{load.devices}"\n'
            f'[store]\npath = "{folder}/store/store.db"\n'
            f'[[sources.mqtt]]\nname = "broker"\nurl = "mqtt://127.0.0.1:{broker_port}"\n'
            f'client_id = "bench"\n[[sinks.influxdb]]\nurl = "{url}"\n{sink}\n'
        )
        program = Path(sys.executable).with_name("lora-gateway")
        return [str(program), "run", "--config", str(config), "--log-level", "warning"]

    return command


OURS = Contestant(
    name="ours",
    what="lora-gateway, version 2 sink -> VictoriaMetrics",
    database=VictoriaMetrics,
    command=_own('version = "2"\norg = "bench"\nbucket = "bench"'),
    points=_OWN_POINTS,
    samples_per_frame=16,
)
OURS_INFLUX1 = Contestant(
    name="ours_influxdb1",
    what="lora-gateway, version 1 sink -> InfluxDB 1",
    database=Influxd,
    command=_own('version = "1"\ndatabase = "bench"'),
    points=_OWN_POINTS,
    samples_per_frame=2,
)
BATCHING = Contestant(
    name="batching",
    what="paho + influxdb-client, batching -> VictoriaMetrics",
    database=VictoriaMetrics,
    command=_peer("batching"),
    points=_PEER_POINTS,
    samples_per_frame=12,
)
PER_MESSAGE = Contestant(
    name="per_message",
    what="paho + influxdb-client, SYNCHRONOUS -> VictoriaMetrics",
    database=VictoriaMetrics,
    command=_peer("per_message"),
    points=_PEER_POINTS,
    samples_per_frame=12,
    share=15,
)
BATCHING_CLEAN = Contestant(
    name="batching_clean",
    what="the same, with paho's default: a clean session",
    database=VictoriaMetrics,
    command=_peer("batching", "--clean-session"),
    points=_PEER_POINTS,
    samples_per_frame=12,
)
"""Only where something is killed: else it does what `BATCHING` does."""
CONTESTANTS = (OURS, OURS_INFLUX1, BATCHING, PER_MESSAGE)
