"""A device that makes its own frames: written from the specification, shares no code with the gateway."""

import struct
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC


def aes_cmac(key: bytes, message: bytes) -> bytes:
    cmac = CMAC(algorithms.AES(key))
    cmac.update(message)
    return cmac.finalize()


def keystream_xor(key: bytes, head: bytes, tail: bytes, data: bytes) -> bytes:
    """XOR with AES(key, head | block number), a block at a time; `tail` goes before the number."""
    # ECB is what the specification builds its keystream from.
    block_of = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305
    out = b""
    for number in range(1, (len(data) + 15) // 16 + 1):
        block = block_of(head + tail + bytes([number]))
        out += bytes(a ^ b for a, b in zip(data[len(out) : len(out) + 16], block, strict=False))
    return out


@dataclass
class Device10:
    """A LoRaWAN 1.0 device."""

    dev_addr: int = 0x260B1A2C
    nwk_s_key: bytes = bytes(range(16))
    app_s_key: bytes = bytes(range(16, 32))

    def frame(
        self,
        f_cnt: int,
        payload: bytes = b"hello",
        *,
        f_port: int | None = 20,
        f_opts: bytes = b"",
        f_ctrl: int = 0x80,
        confirmed: bool = False,
        down: bool = False,
    ) -> bytes:
        counter = struct.pack("<II", self.dev_addr, f_cnt)
        key = self.app_s_key if f_port else self.nwk_s_key
        body = keystream_xor(key, b"\x01\0\0\0\0" + bytes([down]), counter + b"\0", payload)
        mhdr = (0xA0 if confirmed else 0x60) if down else (0x80 if confirmed else 0x40)
        message = bytes([mhdr]) + struct.pack(
            "<IBH", self.dev_addr, f_ctrl | len(f_opts), f_cnt & 0xFFFF
        )
        message += f_opts
        if f_port is not None:
            message += bytes([f_port]) + body
        b0 = b"\x49\0\0\0\0" + bytes([down]) + counter + b"\0" + bytes([len(message)])
        return message + aes_cmac(self.nwk_s_key, b0 + message)[:4]


@dataclass
class Device11:
    """A LoRaWAN 1.1 device, uplinks only."""

    dev_addr: int = 0x260B1A2D
    f_nwk_s_int_key: bytes = b"F" * 16
    s_nwk_s_int_key: bytes = b"S" * 16
    nwk_s_enc_key: bytes = b"E" * 16
    app_s_key: bytes = b"A" * 16
    keys: dict[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        names = ("f_nwk_s_int_key", "s_nwk_s_int_key", "nwk_s_enc_key", "app_s_key")
        self.keys = {name: getattr(self, name) for name in names}

    def frame(
        self,
        f_cnt: int,
        payload: bytes = b"hello",
        *,
        data_rate: int = 2,
        channel: int = 3,
        f_opts: bytes = b"",
        ack_of: int | None = None,
    ) -> bytes:
        counter = struct.pack("<II", self.dev_addr, f_cnt)
        body = keystream_xor(self.app_s_key, b"\x01\0\0\0\0\0", counter + b"\0", payload)
        opts = keystream_xor(self.nwk_s_enc_key, b"\x01\0\0\0\x01\0", counter + b"\0", f_opts)
        f_ctrl = 0x80 | len(f_opts) | (0x20 if ack_of is not None else 0)
        message = b"\x40" + struct.pack("<IBH", self.dev_addr, f_ctrl, f_cnt & 0xFFFF)
        message += opts + b"\x14" + body
        tail = counter + b"\0" + bytes([len(message)])
        b1 = struct.pack("<BHBBB", 0x49, ack_of or 0, data_rate, channel, 0) + tail
        b0 = b"\x49\0\0\0\0\0" + tail
        return (
            message
            + aes_cmac(self.s_nwk_s_int_key, b1 + message)[:2]
            + aes_cmac(self.f_nwk_s_int_key, b0 + message)[:2]
        )


@pytest.fixture(scope="session")
def device10() -> Device10:
    return Device10()


@pytest.fixture(scope="session")
def device11() -> Device11:
    return Device11()


@pytest.fixture(scope="session")
def make_device() -> type[Device10]:
    return Device10
