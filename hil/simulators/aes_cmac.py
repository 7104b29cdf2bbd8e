"""AES-128 as a LoRaWAN device uses it: single blocks, and the CMAC that is built from them.

    message   block 1 | block 2 | ... | last block, padded with 80 00 .. when short
    tag       each block is XORed into the state and encrypted; the last one is XORed with a subkey
              first: K1 when it is whole, K2 when it was padded

Source: RFC 4493. The library's own CMAC is not used, because the gateway uses it: a wrong call
would then be wrong at both ends.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK_BYTES = 16

_TOP_BIT = 1 << 127
_ALL_BITS = (1 << 128) - 1
_FIELD_POLYNOMIAL = 0x87  # RFC 4493 2.3: const_Rb


class AesBlocks:
    """One AES key, ready to encrypt block after block."""

    def __init__(self, key: bytes) -> None:
        # Each block stands alone here; CMAC and the counter keystream add the chaining.
        ecb = modes.ECB()  # noqa: S305
        self._encryptor = Cipher(algorithms.AES(key), ecb).encryptor()

    def encrypt(self, blocks: bytes) -> bytes:
        """Encrypt a whole number of blocks, each by itself."""
        return self._encryptor.update(blocks)


class AesCmac:
    """One CMAC key with its two subkeys."""

    def __init__(self, key: bytes) -> None:
        self._aes = AesBlocks(key)
        encrypted_zero = int.from_bytes(self._aes.encrypt(bytes(BLOCK_BYTES)), "big")
        self._whole_subkey = _doubled(encrypted_zero)
        self._padded_subkey = _doubled(self._whole_subkey)

    def tag(self, message: bytes) -> bytes:
        """The 16-byte tag of a message of any length."""
        last_at = max(len(message) - 1, 0) // BLOCK_BYTES * BLOCK_BYTES
        state = 0
        for at in range(0, last_at, BLOCK_BYTES):
            state = self._encrypted(state ^ int.from_bytes(message[at : at + BLOCK_BYTES], "big"))
        last = message[last_at:]
        if len(last) == BLOCK_BYTES:
            masked = int.from_bytes(last, "big") ^ self._whole_subkey
        else:
            padded = (last + b"\x80").ljust(BLOCK_BYTES, b"\0")
            masked = int.from_bytes(padded, "big") ^ self._padded_subkey
        return self._encrypted(state ^ masked).to_bytes(BLOCK_BYTES, "big")

    def _encrypted(self, block: int) -> int:
        return int.from_bytes(self._aes.encrypt(block.to_bytes(BLOCK_BYTES, "big")), "big")


def _doubled(value: int) -> int:
    """Multiply by x in GF(2^128), as RFC 4493 2.3 makes its subkeys."""
    shifted = (value << 1) & _ALL_BITS
    return shifted ^ _FIELD_POLYNOMIAL if value & _TOP_BIT else shifted
