"""Guards the joining device: valid join requests with rising nonces, by the key of its row."""

from hil.simulators.joiner import Joiner
from hil.simulators.lorawan_node import join_request


def test_each_request_has_the_next_nonce_and_the_mic_of_the_rows_key() -> None:
    joiner = Joiner(3)
    row = {name: str(value) for name, value in joiner.row().items()}
    for dev_nonce in (1, 2, 3):
        assert joiner.request() == join_request(
            app_key=bytes.fromhex(row["app_key"]),
            join_eui=row["join_eui"],
            dev_eui=row["dev_eui"],
            dev_nonce=dev_nonce,
        )


def test_another_seed_has_another_key() -> None:
    assert Joiner(1).row()["app_key"] != Joiner(2).row()["app_key"]
