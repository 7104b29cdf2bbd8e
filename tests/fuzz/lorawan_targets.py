"""Fuzz targets: what comes from the air."""

import json
from collections.abc import Iterator
from contextlib import suppress

from gateway.errors import Refused
from gateway.lorawan import phy_payload
from gateway.lorawan.join import JoinKeys
from gateway.lorawan.session import Session
from gateway.lorawan.session_keys import SessionKeys10, SessionKeys11
from gateway.lorawan.unwrap import Lorawan
from hil.simulators.aes_cmac import AesCmac
from hil.simulators.lorawan_node import Node, join_request
from tests.fuzz.target import DATA, target

KEYS = [bytes([number]) * 16 for number in range(1, 7)]
DEV_ADDR, DEV_ADDR_11, DEV_EUI = "260b1a2c", "260b1a2d", "70b3d57ed0000001"


def phy_payloads() -> Iterator[bytes]:
    """Published and captured frames of every message type."""
    for vector in json.loads((DATA / "lorawan-vectors.json").read_text())["vectors"]:
        if "phy_payload_hex" in vector:
            yield bytes.fromhex(vector["phy_payload_hex"])


@target(phy_payloads)
def phy_payload_parser(data: bytes) -> None:
    """A PHYPayload of any type."""
    with suppress(Refused):
        phy_payload.parse(data)


def conversations_of_nodes() -> Iterator[bytes]:
    """Frames of known devices, in the form of `lorawan_unwrap`."""
    node = Node(dev_addr=DEV_ADDR, nwk_s_key=KEYS[0], app_s_key=KEYS[1])
    joins = join_request(app_key=KEYS[2], join_eui="70b3d57ed0000000", dev_eui=DEV_EUI, dev_nonce=7)
    up = [node.uplink(f_cnt, 20, b"twenty") for f_cnt in (0, 1, 2, 0x10001, 5, 3)]
    yield b"".join(bytes([0, len(phy)]) + phy for phy in (*up, joins))
    yield b"".join(bytes([1, len(phy)]) + phy for phy in reversed(up))


@target(conversations_of_nodes)
def lorawan_unwrap(data: bytes) -> None:
    """Frames one after the other, each as (flags, length, bytes); an odd flag gives it a right MIC."""
    lorawan = Lorawan((0, 1))
    keys = SessionKeys10(nwk_s_key=KEYS[0], app_s_key=KEYS[1])
    lorawan.add_session(
        Session(device="a", dev_addr=DEV_ADDR, keys=keys, f_cnt_reset="accept_once")
    )
    newer = SessionKeys11(
        f_nwk_s_int_key=KEYS[2], s_nwk_s_int_key=KEYS[3], nwk_s_enc_key=KEYS[4], app_s_key=KEYS[5]
    )
    lorawan.add_session(Session(device="b", dev_addr=DEV_ADDR_11, keys=newer, f_cnt_reset="refuse"))
    lorawan.add_join_keys(JoinKeys(device="a", dev_eui=DEV_EUI, app_key=KEYS[2]))
    at = 0
    while at + 2 <= len(data):
        flags, length = data[at : at + 2]
        phy = data[at + 2 : at + 2 + length]
        if flags & 1 and len(phy) >= 12:
            phy = signed(phy[:-4], high=flags >> 1 & 3)
        with suppress(Refused):
            lorawan.unwrap(phy, at / 10, flags >> 3 & 7, idle=bool(flags & 64))
        at += 2 + length


def signed(message: bytes, high: int) -> bytes:
    """A data uplink of the 1.0 session with the MIC that its network session key gives."""
    f_cnt = message[6:8] + high.to_bytes(2, "little")
    block = b"\x49\0\0\0\0\0" + message[1:5] + f_cnt + bytes([0, len(message)])
    return message + AesCmac(KEYS[0]).tag(block + message)[:4]
