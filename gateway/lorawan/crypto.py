"""AES-128 as LoRaWAN uses it: CMAC for the MIC, CTR for the keystream, one block at a time for joins.

    B0   49 00 00 00 00 | dir | DevAddr(4) | FCnt(4) | 00 | size      MIC = CMAC(key, B0 | bytes)[0:4]
    B1   49 ConfFCnt(2) TxDr TxCh | 00 | DevAddr(4) | FCnt(4) | 00 | size          LoRaWAN 1.1, uplinks
    A    01 00 00 00 00 | dir | DevAddr(4) | FCnt(4) | 00 | 01        keystream = CTR from A
    A'   01 00 00 00 nn | dir | DevAddr(4) | FCnt(4) | 00 | 01        LoRaWAN 1.1 FOpts, nn 01 or 02

Integers are little-endian. CTR counts the whole block up, LoRaWAN only its last byte; they are the
same for the 16 blocks that a frame can have.

Source: TS001-1.0.4 section 4.3.3 and 4.4; LoRaWAN 1.1 section 4.3.3 and 4.4 with the FOpts erratum of
January 2018. Cipher objects are kept per key: a copied CMAC costs 0.4 µs where a new one costs 1.8
(gateway/lorawan/README.md). They are state, so a key is used by one thread.
"""

import hmac
from struct import Struct as Layout
from typing import Self

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

KEY_BYTES = 16
UP, DOWN = 0, 1
"""Direction bytes."""
F_OPTS_UP_OR_N_DOWN, F_OPTS_A_DOWN = 1, 2
"""Byte 4 of A' for uplinks and for downlinks counted by NFCntDown; by AFCntDown."""

_B0 = Layout("<BHBBBIIxB")
_A = Layout("<B3xBBIIxB")

same = hmac.compare_digest
"""Whether two byte strings are equal, in a time that does not tell where they differ."""


class Key(bytes):
    """An AES-128 key that no log, repr or error shows."""

    __slots__ = ()

    def __new__(cls, raw: bytes) -> Self:
        """Raises ValueError when `raw` is not 16 bytes; the message does not show it."""
        if len(raw) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, this one {len(raw)}")
        return super().__new__(cls, raw)

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__


class Authenticator:
    """Message integrity codes under one key."""

    __slots__ = ("_start",)

    def __init__(self, key: bytes) -> None:
        self._start = CMAC(algorithms.AES(Key(key)))

    def code(self, message: bytes) -> bytes:
        """The whole AES-CMAC, 16 bytes; LoRaWAN sends the first four, or two halves."""
        cmac = self._start.copy()
        cmac.update(message)
        return cmac.finalize()

    def data_code(
        self,
        direction: int,
        dev_addr: int,
        f_cnt: int,
        message: bytes,
        conf_f_cnt: int = 0,
        tx_dr: int = 0,
        tx_ch: int = 0,
    ) -> bytes:
        """The AES-CMAC of a data frame without its MIC: over B0, or over B1 where the last three are given."""
        cmac = self._start.copy()
        cmac.update(
            _B0.pack(0x49, conf_f_cnt, tx_dr, tx_ch, direction, dev_addr, f_cnt, len(message))
            + message
        )
        return cmac.finalize()


class Keystream:
    """Encryption under one key; the same call decrypts.

    Its cipher, about 1 KB, is made when it is first used: most sessions never see an encrypted MAC command.
    """

    __slots__ = ("_ctr", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = Key(key)
        self._ctr: CipherContext | None = None

    def apply(
        self, direction: int, dev_addr: int, f_cnt: int, message: bytes, f_opts: int = 0
    ) -> bytes:
        """`message` with the keystream of this frame over it; `f_opts` is byte 4 of A'."""
        ctr = self._ctr
        if ctr is None:
            ctr = Cipher(algorithms.AES(self._key), modes.CTR(bytes(16))).encryptor()
            self._ctr = ctr
        ctr.reset_nonce(_A.pack(1, f_opts, direction, dev_addr, f_cnt, 1))
        return ctr.update(message)


def encrypt_blocks(key: bytes, blocks: bytes) -> bytes:
    """Plain AES of whole blocks: key derivation, and (by the specification's trick) reading a join-accept."""
    # ECB is what LoRaWAN prescribes here: single blocks of key derivation, and join-accepts.
    return Cipher(algorithms.AES(Key(key)), modes.ECB()).encryptor().update(blocks)  # noqa: S305
