"""What ChirpStack 4 publishes of a device's uplink as protobuf (`integration.UplinkEvent`).

    deduplication_id 1, time 2, device_info 3 {dev_eui 8}, dev_addr 4, f_cnt 7, f_port 8, data 10,
    object 11 (a google.protobuf.Struct), rx_info 12, tx_info 13, join_server_context 15

The values are those of `application_json`. `object` is written as JSON; a Struct has only floats, so that
25 in the codec's object is 25.0 here.

Source: chirpstack/chirpstack api/proto/integration/integration.proto v4, through chirpstack-api.
Refused: as in `application_json`.
"""

from typing import Any

from chirpstack_api import integration
from google.protobuf import json_format
from msgspec import json

from gateway.model import ApplicationUplink, Modulation, Reception, Stamp
from gateway.sources.mqtt.dialects import gateway_protobuf as gateways
from gateway.sources.mqtt.dialects.application_json import STILL_ENCRYPTED, f_port
from gateway.sources.mqtt.dialects.scalars import dev_addr, eui


def up(payload: bytes, source: str, received: Stamp, live: bool) -> ApplicationUplink:
    """The uplink of an `up` event.

    Raises:
        ValueError: it holds no uplink that can be used; the message is for a person.
    """
    event = gateways.parsed(integration.UplinkEvent, payload)
    if event.HasField("join_server_context"):
        raise ValueError(STILL_ENCRYPTED)
    settings = gateways.radio(event.tx_info)
    return ApplicationUplink(
        source,
        "chirpstack",
        event.deduplication_id,
        "",
        eui(event.device_info.dev_eui),
        dev_addr(event.dev_addr),
        event.f_cnt,
        f_port(event.f_port, event.data),
        event.data,
        _object_json(event),
        settings,
        _receptions(event.rx_info, settings.modulation),
        received,
        _gateway_ns(event),
        next((ns for rx in event.rx_info if (ns := gateways.gps_ns(rx)) is not None), None),
        live,
    )


def _object_json(event: Any) -> bytes | None:
    if not event.HasField("object"):
        return None
    try:
        return json.encode(json_format.MessageToDict(event.object))
    except (json_format.Error, ValueError, RecursionError):
        return None  # a codec's NaN, or a value without a kind: no JSON can say it


def _receptions(hearings: Any, modulation: Modulation) -> tuple[Reception, ...]:
    """Those hearings that name their gateway; the uplink is worth keeping without the others."""
    receptions = []
    for rx in hearings:
        try:
            receptions.append(gateways.reception(rx, modulation))
        except ValueError:
            continue
    return tuple(receptions)


def _gateway_ns(event: Any) -> int | None:
    """The time of the first gateway that gives one, else the server's."""
    for name in ("gw_time", "ns_time"):
        for rx in event.rx_info:
            if (ns := gateways.timestamp_ns(rx, name)) is not None:
                return ns
    return gateways.timestamp_ns(event, "time")
