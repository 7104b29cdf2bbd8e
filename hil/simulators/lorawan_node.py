"""A LoRaWAN end device: makes the PHYPayloads that it would send from its keys.

    data uplink    MHDR 1 | DevAddr 4 LE | FCtrl 1 | FCnt 2 LE | FOpts 0-15 | [FPort 1 | FRMPayload] | MIC 4
    join request   00 | JoinEUI 8 LE | DevEUI 8 LE | DevNonce 2 LE | MIC 4

    B0 block       49 | 00 00 00 00               | 00 | DevAddr 4 LE | FCnt32 4 LE | 00 | message length
    B1 block 1.1   49 | ConfFCnt 2 LE | TxDr TxCh | 00 | DevAddr 4 LE | FCnt32 4 LE | 00 | message length
    A_i block      01 | 00 00 00 00               | 00 | DevAddr 4 LE | FCnt32 4 LE | 00 | i

    MIC 1.0.x      CMAC(NwkSKey, B0 | message)[0:4]
    MIC 1.1        CMAC(SNwkSIntKey, B1 | message)[0:2] | CMAC(FNwkSIntKey, B0 | message)[0:2]

Only the low 16 bits of the counter travel; the MIC and the encryption use all 32.

Source: LoRaWAN 1.0.4 (TS001-1.0.4) 4.3, 4.4 and 6.2.5; LoRaWAN 1.1 4.3, 4.4.
"""

from hil.simulators.aes_cmac import BLOCK_BYTES, AesBlocks, AesCmac

UNCONFIRMED_UP = 0x40
CONFIRMED_UP = 0x80
ACK = 0x20
"""The bit of FCtrl by which a device acknowledges a confirmed downlink."""

_NO_CONTEXT = bytes(4)
"""Bytes 1-4 of B0 and of every A block."""


class Node:
    """An activated LoRaWAN 1.0.x device. It keeps no counter: each call names the one to use."""

    def __init__(self, *, dev_addr: str, nwk_s_key: bytes, app_s_key: bytes) -> None:
        self._dev_addr = _address_le(dev_addr)
        self._mic = AesCmac(nwk_s_key)
        self._network = AesBlocks(nwk_s_key)
        self._application = AesBlocks(app_s_key)

    def uplink(
        self,
        f_cnt: int,
        f_port: int | None,
        payload: bytes = b"",
        *,
        confirmed: bool = False,
        f_ctrl: int = 0,
        f_opts: bytes = b"",
    ) -> bytes:
        """The PHYPayload of one data uplink.

        `f_cnt` is the 32-bit counter, `f_ctrl` the flags without FOptsLen, `f_opts` goes in clear.
        """
        message = _header(self._dev_addr, f_cnt, confirmed, f_ctrl, f_opts)
        if f_port is not None:
            key = self._application if f_port else self._network
            message += bytes([f_port]) + _encrypted(key, self._dev_addr, f_cnt, payload)
        b0 = _block(0x49, _NO_CONTEXT, self._dev_addr, f_cnt, len(message))
        return message + self._mic.tag(b0 + message)[:4]


class Node11:
    """An activated LoRaWAN 1.1 device: the MIC also covers its data rate and channel index."""

    def __init__(
        self,
        *,
        dev_addr: str,
        f_nwk_s_int_key: bytes,
        s_nwk_s_int_key: bytes,
        nwk_s_enc_key: bytes,
        app_s_key: bytes,
    ) -> None:
        self._dev_addr = _address_le(dev_addr)
        self._forwarding_mic = AesCmac(f_nwk_s_int_key)
        self._serving_mic = AesCmac(s_nwk_s_int_key)
        self._network = AesBlocks(nwk_s_enc_key)
        self._application = AesBlocks(app_s_key)

    def uplink(
        self,
        f_cnt: int,
        f_port: int,
        payload: bytes,
        *,
        tx_dr: int,
        tx_ch: int,
        confirmed: bool = False,
        f_ctrl: int = 0,
        conf_f_cnt: int = 0,
    ) -> bytes:
        """The PHYPayload of one data uplink without FOpts.

        `conf_f_cnt` is the counter of the downlink that an uplink with `ACK` acknowledges.
        """
        message = _header(self._dev_addr, f_cnt, confirmed, f_ctrl, b"")
        key = self._application if f_port else self._network
        message += bytes([f_port]) + _encrypted(key, self._dev_addr, f_cnt, payload)
        # LoRaWAN 1.1 4.4: ConfFCnt is zero unless the ACK bit is set.
        acknowledged = conf_f_cnt & 0xFFFF if f_ctrl & ACK else 0
        context = acknowledged.to_bytes(2, "little") + bytes([tx_dr, tx_ch])
        b0 = _block(0x49, _NO_CONTEXT, self._dev_addr, f_cnt, len(message))
        b1 = _block(0x49, context, self._dev_addr, f_cnt, len(message))
        serving = self._serving_mic.tag(b1 + message)[:2]
        return message + serving + self._forwarding_mic.tag(b0 + message)[:2]


def join_request(*, app_key: bytes, join_eui: str, dev_eui: str, dev_nonce: int) -> bytes:
    """The PHYPayload of a join request; for LoRaWAN 1.1 `app_key` is the device's NwkKey."""
    message = (
        b"\0"
        + bytes.fromhex(join_eui)[::-1]
        + bytes.fromhex(dev_eui)[::-1]
        + dev_nonce.to_bytes(2, "little")
    )
    return message + AesCmac(app_key).tag(message)[:4]


def _address_le(dev_addr: str) -> bytes:
    address = bytes.fromhex(dev_addr)[::-1]
    if len(address) != 4:
        raise ValueError(f"a DevAddr has 8 hex digits, not {dev_addr!r}")
    return address


def _header(dev_addr: bytes, f_cnt: int, confirmed: bool, f_ctrl: int, f_opts: bytes) -> bytes:
    m_hdr = CONFIRMED_UP if confirmed else UNCONFIRMED_UP
    low_half = (f_cnt & 0xFFFF).to_bytes(2, "little")
    return bytes([m_hdr]) + dev_addr + bytes([f_ctrl | len(f_opts)]) + low_half + f_opts


def _block(first: int, context: bytes, dev_addr: bytes, f_cnt: int, last: int) -> bytes:
    """One B0, B1 or A block of an uplink: direction 0."""
    counter = f_cnt.to_bytes(4, "little")
    return bytes([first]) + context + b"\0" + dev_addr + counter + b"\0" + bytes([last])


def _encrypted(key: AesBlocks, dev_addr: bytes, f_cnt: int, payload: bytes) -> bytes:
    count = -(-len(payload) // BLOCK_BYTES)
    keystream = key.encrypt(
        b"".join(_block(0x01, _NO_CONTEXT, dev_addr, f_cnt, i) for i in range(1, count + 1))
    )
    return bytes(a ^ b for a, b in zip(payload, keystream, strict=False))
