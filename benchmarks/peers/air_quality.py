"""A gateway event to an InfluxDB point with paho-mqtt, pycryptodome and influxdb-client, as in many how-tos.

    {"phyPayload": base64, "rxInfo": {...}}  ->  MIC checked, payload decrypted  ->  Point of twelve fields

Plain and sound, and not slowed down: keys are parsed once at start, a frame is authenticated before it is
decrypted, and the point carries the time at which it came. What is left out is what such programs leave out:
counters beyond 16 bits, repetitions, redeliveries, a store, and what to do when the database is away.

JSON of protobuf messages leaves out what is zero, so signal figures may be missing.

Source: LoRaWAN 1.0.3, 4.3.3 and 4.4.
"""

import argparse
import base64
import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from Crypto.Cipher import AES
from Crypto.Hash import CMAC
from influxdb_client import InfluxDBClient, Point

MEASUREMENT = "air"
Keys = dict[bytes, tuple[bytes, bytes]]
"""DevAddr as it is on air: network and application session key."""


def read_keys(path: Path) -> Keys:
    """The devices' keys, from {"02000001": {"nwk": hex, "app": hex}}."""
    return {
        bytes.fromhex(address)[::-1]: (bytes.fromhex(keys["nwk"]), bytes.fromhex(keys["app"]))
        for address, keys in json.loads(path.read_text()).items()
    }


def point_of(message: bytes, keys: Keys) -> Point | None:
    """The point of an event; None when its sender is not known or its MIC is wrong."""
    event = json.loads(message)
    phy = base64.b64decode(event["phyPayload"])
    address, counter = phy[1:5], struct.unpack("<H", phy[6:8])[0]
    if address not in keys:
        return None
    network_key, application_key = keys[address]
    body = phy[:-4]
    block = struct.pack("<B5s4sIBB", 0x49, bytes(5), address, counter, 0, len(body))
    if CMAC.new(network_key, block + body, ciphermod=AES).digest()[:4] != phy[-4:]:
        return None
    payload = decrypt(application_key, address, counter, body[9:])
    (_, _, pm1_0, pm2_5, pm10, co2, temperature, humidity, pressure, noise, battery) = (
        struct.unpack(">BHHHHHhHHBH", payload)
    )
    reception = event["rxInfo"]
    return (
        Point(MEASUREMENT)
        .tag("device", address[::-1].hex())
        .tag("gateway", reception["gatewayId"])
        .field("pm1_0_ugm3", pm1_0 / 10)
        .field("pm2_5_ugm3", pm2_5 / 10)
        .field("pm10_ugm3", pm10 / 10)
        .field("co2_ppm", float(co2))
        .field("temperature_c", temperature / 100)
        .field("humidity_pct", humidity / 100)
        .field("pressure_hpa", pressure / 10)
        .field("noise_dba", noise / 2)
        .field("battery_v", battery / 1000)
        .field("rssi_dbm", float(reception.get("rssi", 0)))
        .field("snr_db", float(reception.get("snr", 0)))
        .field("f_cnt", float(counter))
        .time(time.time_ns())
    )


def decrypt(key: bytes, address: bytes, counter: int, data: bytes) -> bytes:
    """The payload of an uplink."""
    aes = AES.new(key, AES.MODE_ECB)
    plain = b""
    for number in range((len(data) + 15) // 16):
        block = struct.pack("<B5s4sIBB", 1, bytes(5), address, counter, 0, number + 1)
        stream = aes.encrypt(block)
        part = data[16 * number : 16 * number + 16]
        plain += bytes(a ^ b for a, b in zip(part, stream, strict=False))
    return plain


def run(writer: Callable[[InfluxDBClient], Any]) -> None:
    """Subscribe and write until killed; `writer` makes the client's write API."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--broker-port", type=int, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--clean-session", action="store_true", help="as paho has it by itself")
    options = parser.parse_args()
    keys = read_keys(options.keys)
    api = writer(InfluxDBClient(url=options.url, token="t", org="bench"))  # noqa: S106

    def on_connect(client: mqtt.Client, *_: object) -> None:
        client.subscribe("+/gateway/+/event/up", qos=1)

    def on_message(_client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        point = point_of(message.payload, keys)
        if point is not None:
            api.write(bucket="bench", record=point)

    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        client_id="bench-peer",
        clean_session=options.clean_session,
    )
    client.on_connect = on_connect
    client.on_message = on_message
    client.connect("127.0.0.1", options.broker_port)
    client.loop_forever()
