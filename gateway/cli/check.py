"""`lora-gateway check`: everything that `run` does up to the first connection, and what the files mean.

No port, socket or store is opened. Files that a source or a sink will read are looked at: of a missing token `run`
makes a way that is blocked until it is there, for the others have to go on, and here it is said with exit code 1.
So it is with a codec that cannot be used: `run` keeps the payloads of its devices, and the others are decoded.
Keys and secrets are never printed.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from typer import Option

from gateway.cli import EXIT_CONFIG, codec_check
from gateway.config import Config, SinkConfig, SourceConfig, load
from gateway.config.faults import without_logins
from gateway.errors import ConfigError
from gateway.registry import SINKS, SOURCES
from gateway.settings import Secret, Section

PLACES = ("url", "listen", "port", "path")
"""The first of these keys that a section has says where it is."""
SECRETS = ("password_file", "token_file", "key_file")
"""Keys that name files for this program alone; other `_file` keys only have to be readable."""


def command(
    config: Annotated[Path, Option(help="The gateway's configuration file.")],
    json: Annotated[bool, Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Check the configuration and print what it means. Opens no connection."""
    try:
        loaded = load(config)
        unreadable = list(_unreadable(loaded))
        codecs = list(codec_check.looked_at(loaded))
        understood = describe(loaded)
    except ConfigError as fault:
        if not json:
            raise
        _print_json({"ok": False, "faults": [_fault(each) for each in (fault, *fault.others)]})
        raise typer.Exit(EXIT_CONFIG) from fault
    bad = bool(unreadable) or any(one["fault"] for one in codecs)
    if json:
        _print_json({"ok": not bad, **understood, "codecs": codecs, "unreadable": unreadable})
    else:
        print("\n".join([*_lines(understood), *codec_check.lines(codecs)]))
        for one in unreadable:
            print(f"bad      {one['key']}: {one['remedy']}; until then {one['name']} is blocked")
    if bad:
        raise typer.Exit(1)


def describe(config: Config) -> dict[str, Any]:
    """What the files mean, ready for JSON: durations are seconds, sizes bytes."""
    gateway, store = config.gateway, config.store
    return {
        "config": str(config.path),
        "gateway": {
            "name": gateway.name,
            "region": gateway.region,
            "tags": dict(gateway.tags),
            "timezone": gateway.timezone,
            "backfill_max_s": gateway.backfill_max,
            "clock_trust": gateway.clock_trust,
            "clock_wait_s": gateway.clock_wait,
            "clock_never": gateway.clock_never,
        },
        "store": {
            "path": str(store.path),
            "size_max_bytes": store.size_max,
            "age_max_s": store.age_max,
            "when_full": store.when_full,
            "commit_interval_s": store.commit_interval,
        },
        "sources": [_source(source) for source in config.sources],
        "sinks": [_sink(sink) for sink in config.sinks],
        "web": None if config.web is None else config.web.listen,
        "devices": {
            "count": len(config.devices),
            "by_decoder": _counted(device.decoder or "none" for device in config.devices),
            "by_activation": _counted(device.activation for device in config.devices),
        },
        "warnings": [*config.warnings, *_about_store(store.path)],
    }


def _about_store(path: Path) -> Iterator[str]:
    if not path.parent.is_dir():
        yield f"the store's folder {path.parent} is not there yet; the service makes /var/lib/lora-gateway itself"


def _source(source: SourceConfig) -> dict[str, Any]:
    worker = SOURCES[source.kind].load_worker()(source.section, source.name)
    return {
        "name": source.name,
        "kind": source.kind,
        "at": _place(source.section),
        "guarantee": worker.guarantee,
    }


def _sink(sink: SinkConfig) -> dict[str, Any]:
    SINKS[sink.kind].load_worker()(sink.section, sink.name).close()
    return {
        "name": sink.name,
        "kind": sink.kind,
        "at": _place(sink.section),
        "start": sink.section.start,
    }


def _place(section: Section) -> str:
    for key in PLACES:
        if value := getattr(section, key, None):
            return without_logins(str(value))
    return ""


def _counted(words: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _unreadable(config: Config) -> Iterator[dict[str, str]]:
    """Files that a section names and that cannot be read as they have to be."""
    ways: tuple[SourceConfig | SinkConfig, ...] = (*config.sources, *config.sinks)
    for way in ways:
        for key in type(way.section).model_fields:
            path = getattr(way.section, key)
            if key.endswith("_file") and isinstance(path, Path | Secret):
                fault = _file_fault(key, path.path if isinstance(path, Secret) else path)
                if fault:
                    yield {"name": way.name, "key": f"{way.key}.{key}", "remedy": fault}


def _file_fault(key: str, path: Path) -> str | None:
    try:
        if key in SECRETS:
            Secret(path).read()
        else:
            path.read_bytes()
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    except UnicodeDecodeError:  # its message would quote bytes of the file
        return f"{path} is not UTF-8 text"
    except ValueError as error:
        return str(error)
    return None


def _fault(fault: ConfigError) -> dict[str, Any]:
    value = fault.value if isinstance(fault.value, str | int | float | bool) else None
    return {"file": str(fault.file), "key": fault.key, "value": value, "remedy": fault.remedy}


def _lines(understood: Mapping[str, Any]) -> Iterator[str]:
    """The same for people."""
    gateway, store, devices = (understood[key] for key in ("gateway", "store", "devices"))
    yield f"config   {understood['config']}: good"
    yield f"gateway  {gateway['name']}, region {gateway['region'] or 'not given'}, clock {gateway['clock_trust']}"
    yield (
        f"store    {store['path']}, at most {store['size_max_bytes']:,} bytes and"
        f" {store['age_max_s'] / 86400:g} days, when full: {store['when_full']}"
    )
    for source in understood["sources"]:
        yield f"source   {source['name']} ({source['kind']}) at {source['at']}: {source['guarantee']}"
    for sink in understood["sinks"]:
        yield f"sink     {sink['name']} ({sink['kind']}) at {sink['at']}, from {sink['start']}"
    if understood["web"]:
        yield f"web      {understood['web']}"
    yield f"devices  {devices['count']}"
    for key in ("by_decoder", "by_activation"):
        for word, count in devices[key].items():
            yield f"         {count} {word}"
    for warning in understood["warnings"]:
        yield f"note     {warning}"


def _print_json(document: Mapping[str, Any]) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
