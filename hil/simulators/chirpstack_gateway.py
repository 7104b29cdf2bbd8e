"""A ChirpStack gateway on MQTT: its `event/up` bodies in the three forms that are in use.

    v4 JSON       protobuf's JSON: camelCase, zeros left out, bytes as base64, enums by name
    v4 protobuf   gw.UplinkFrame{phy_payload 1, tx_info 4, rx_info 5}
    v3 JSON       gatewayID base64 of 8 bytes, loRaSNR, bandwidth in kHz

Topics: [prefix/]gateway/<EUI>/event/up, the prefix being the region's id where one is configured.

Source: chirpstack api/proto/gw/gw.proto (v4); chirpstack-gateway-bridge v3 docs, payload events.
"""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from hil.simulators.air import Hearing
from hil.simulators.gps_time import gps_seconds
from hil.simulators.protobuf_bytes import blob, float32, integer, message, text

_CODE_RATE_4_5 = 1
_CRC_NUMBER = {"ok": 2, "bad": 1}
_CRC_NAME = {"ok": "CRC_OK", "bad": "BAD_CRC"}


def topic(receiver: str, prefix: str = "as923") -> str:
    """Where a gateway publishes its uplinks; without a prefix when it is ""."""
    return f"{prefix}/gateway/{receiver}/event/up".lstrip("/")


def v4_json(
    hearing: Hearing,
    *,
    uplink_id: int = 0,
    gps: bool = False,
    extras: Mapping[str, object] | None = None,
) -> bytes:
    """An uplink event of version 4 as JSON.

    `gps` adds the time since the GPS epoch, `extras` are further keys of `rxInfo` such as `location`.
    """
    channel = hearing.channel
    lora = {
        "bandwidth": channel.bandwidth_hz,
        "spreadingFactor": channel.spreading_factor,
        "codeRate": "CR_4_5",
    }
    rx_info: dict[str, object] = {
        "gatewayId": hearing.receiver,
        "uplinkId": uplink_id,
        "gwTime": _utc(hearing.at),
        "timeSinceGpsEpoch": f"{gps_seconds(hearing.at):.6f}s" if gps else 0,
        "rssi": hearing.rssi_dbm,
        "snr": hearing.snr_db,
        "channel": channel.index,
        "rfChain": channel.index // 4,
        "context": _base64(_context(hearing)),
        "crcStatus": _CRC_NAME[hearing.crc],
        **(extras or {}),
    }
    body = {
        "phyPayload": _base64(hearing.phy),
        "txInfo": {"frequency": channel.frequency_hz, "modulation": {"lora": lora}},
        # Zero is the default of every number here, and proto3's JSON leaves defaults out.
        "rxInfo": {name: value for name, value in rx_info.items() if value != 0},
    }
    return _compact(body)


def v4_protobuf(hearing: Hearing, *, uplink_id: int = 0, gps: bool = False) -> bytes:
    """An uplink event of version 4 as protobuf; `gps` as for JSON."""
    channel = hearing.channel
    lora = message(
        3,
        integer(1, channel.bandwidth_hz),
        integer(2, channel.spreading_factor),
        integer(5, _CODE_RATE_4_5),
    )
    tx_info = message(4, integer(1, channel.frequency_hz), message(2, lora))
    rx_info = message(
        5,
        text(1, hearing.receiver),
        integer(2, uplink_id),
        message(3, *_seconds_and_nanos(hearing.at)),
        message(4, *_seconds_and_nanos(gps_seconds(hearing.at))) if gps else b"",
        integer(6, hearing.rssi_dbm),
        float32(7, hearing.snr_db),
        integer(8, channel.index),
        integer(9, channel.index // 4),
        blob(13, _context(hearing)),
        integer(16, _CRC_NUMBER[hearing.crc]),
    )
    return blob(1, hearing.phy) + tx_info + rx_info


def v3_json(hearing: Hearing, *, uplink_id: int = 0, gps: bool = False) -> bytes:
    """An uplink event of version 3 as JSON; zeros are written there, and an unknown time is null."""
    channel = hearing.channel
    return _compact({
        "phyPayload": _base64(hearing.phy),
        "txInfo": {
            "frequency": channel.frequency_hz,
            "modulation": "LORA",
            "loRaModulationInfo": {
                "bandwidth": channel.bandwidth_hz // 1000,
                "spreadingFactor": channel.spreading_factor,
                "codeRate": "4/5",
                "polarizationInversion": False,
            },
        },
        "rxInfo": {
            "gatewayID": _base64(bytes.fromhex(hearing.receiver)),
            "time": _utc(hearing.at),
            "timeSinceGPSEpoch": f"{gps_seconds(hearing.at):.6f}s" if gps else None,
            "rssi": hearing.rssi_dbm,
            "loRaSNR": hearing.snr_db,
            "channel": channel.index,
            "rfChain": channel.index // 4,
            "board": 0,
            "antenna": 0,
            "location": None,
            "fineTimestampType": "NONE",
            "context": _base64(_context(hearing)),
            "uplinkID": _base64(uplink_id.to_bytes(16, "big")),
            "crcStatus": _CRC_NAME[hearing.crc],
        },
    })  # fmt: skip


def _context(hearing: Hearing) -> bytes:
    """The Semtech UDP backends put tmst here, big-endian."""
    return hearing.tmst.to_bytes(4, "big")


def _seconds_and_nanos(at: float) -> tuple[bytes, bytes]:
    """The fields of Timestamp and Duration alike; whole microseconds."""
    seconds, fraction_us = divmod(round(at * 1e6), 1_000_000)
    return integer(1, seconds), integer(2, fraction_us * 1000)


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _compact(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
