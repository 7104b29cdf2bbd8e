"""What can be told of a right configuration before anything is opened: what an operator may not expect."""

from collections.abc import Iterator, Sequence

from gateway.config.plugins import SinkConfig, SourceConfig
from gateway.config.sections import WebSection, is_loopback
from gateway.device import NETWORK_SERVER, Device

NAMES_SHOWN_MAX = 5
"""A sentence about many devices names the first few and counts the rest."""


def notes(
    sources: Sequence[SourceConfig],
    sinks: Sequence[SinkConfig],
    web: WebSection | None,
    devices: Sequence[Device],
    keys_left: Sequence[str],
) -> tuple[str, ...]:
    """One sentence for each thing worth knowing."""
    return (
        *_about_ways(sources, sinks),
        *_about_listeners(sources, web),
        *_about_devices(sources, devices),
        *_about_keys(keys_left),
    )


def _about_ways(sources: Sequence[SourceConfig], sinks: Sequence[SinkConfig]) -> Iterator[str]:
    if not sources:
        yield "no source is configured: nothing will be heard"
    if not sinks:
        yield "no sink is configured: readings are kept in the embedded store only"


def _about_listeners(sources: Sequence[SourceConfig], web: WebSection | None) -> Iterator[str]:
    for source in sources:
        listen = getattr(source.section, "listen", None)
        if listen is not None and not is_loopback(listen):
            yield (
                f"source {source.name} listens on {listen}, which other machines can reach: packet"
                " forwarders do not prove who they are, so keep that network to yourself"
            )
    if web is not None:
        yield "[web] is read, but this version has no status page yet: nothing listens there"


def _about_devices(sources: Sequence[SourceConfig], devices: Sequence[Device]) -> Iterator[str]:
    if not devices:
        yield (
            "no devices are configured: frames are kept but not decoded;"
            " `redecode --apply` does that once their devices are"
        )
    joins = [device.name for device in devices if device.activation == "otaa"]
    if joins:
        yield (
            f"{_counted(joins)} by OTAA: this version does not answer joins, so they come only through"
            " a network server's MQTT events, not over UDP or serial"
        )
    if not any(source.kind in ("mqtt", "replay") for source in sources):
        elsewhere = [
            d.name for d in devices if d.activation == "events" or d.decoder == NETWORK_SERVER
        ]
        if elsewhere:
            yield f"{_counted(elsewhere)} only through a network server, but no MQTT source is configured"
    undecided = [device.name for device in devices if not device.decoder]
    if undecided:
        yield f"{_counted(undecided)} without a decoder: their payloads are kept and can be decoded later"


def _about_keys(keys_left: Sequence[str]) -> Iterator[str]:
    if keys_left:
        shown = ", ".join(keys_left[:NAMES_SHOWN_MAX])
        yield f"the keys file has {len(keys_left)} that the devices file does not have: {shown}"


def _counted(names: Sequence[str]) -> str:
    """`2 devices (a, b)`, with at most a few of the names."""
    more = ", ..." if len(names) > NAMES_SHOWN_MAX else ""
    noun = "device" if len(names) == 1 else "devices"
    return f"{len(names)} {noun} ({', '.join(names[:NAMES_SHOWN_MAX])}{more})"
