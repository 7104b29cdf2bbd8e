"""A device that asks to join: an OTAA identity and its join requests, each with the next DevNonce."""

from hil.simulators.device_list import JOIN_EUI, key
from hil.simulators.lorawan_node import join_request

DEV_EUI = "02c1750000ffff01"


class Joiner:
    """One OTAA device of the city of this seed."""

    def __init__(self, seed: int) -> None:
        self._app_key = key(seed, DEV_EUI, "app_key")
        self._dev_nonce = 0

    def row(self) -> dict[str, object]:
        """Its `[[device]]`."""
        return {
            "name": "joiner-01",
            "dev_eui": DEV_EUI,
            "join_eui": JOIN_EUI,
            "app_key": self._app_key.hex(),
            "decoder": "air_quality",
        }

    def request(self) -> bytes:
        """Its next join request."""
        # TS001-1.0.4 6.2.5: DevNonce counts up and is never used twice.
        self._dev_nonce += 1
        return join_request(
            app_key=self._app_key, join_eui=JOIN_EUI, dev_eui=DEV_EUI, dev_nonce=self._dev_nonce
        )
