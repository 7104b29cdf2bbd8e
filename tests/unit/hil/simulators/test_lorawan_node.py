"""Guards the simulated LoRaWAN device: from the fields and keys of published and captured frames it must
write exactly their bytes. `tests/data/hil/lorawan_vectors.json` names the source of each."""

import json
from pathlib import Path
from typing import Any

import pytest

from hil.simulators.lorawan_node import Node, Node11, join_request

DATA = Path(__file__).parents[3] / "data" / "hil"
VECTORS: dict[str, list[dict[str, Any]]] = json.loads((DATA / "lorawan_vectors.json").read_text())
ANY_KEY = bytes(range(16))


def named(kind: str) -> Any:
    return pytest.mark.parametrize("vector", VECTORS[kind], ids=lambda vector: vector["id"])


def keys(vector: dict[str, Any]) -> dict[str, bytes]:
    return {name: bytes.fromhex(key) for name, key in vector["keys"].items()}


@named("data_up")
def test_an_uplink_has_the_bytes_of_the_vector(vector: dict[str, Any]) -> None:
    both = {"app_s_key": ANY_KEY} | keys(vector)
    node = Node(dev_addr=vector["dev_addr"], **both)
    phy = node.uplink(
        vector["f_cnt"],
        vector["f_port"],
        bytes.fromhex(vector["payload"]),
        confirmed=vector["confirmed"],
        f_ctrl=int(vector["f_ctrl_flags"], 16),
        f_opts=bytes.fromhex(vector["f_opts"]),
    )
    assert phy.hex() == vector["phy_payload"]


@named("data_up_1_1")
def test_a_1_1_uplink_has_the_bytes_of_the_vector(vector: dict[str, Any]) -> None:
    node = Node11(dev_addr=vector["dev_addr"], **keys(vector))
    phy = node.uplink(
        vector["f_cnt"],
        vector["f_port"],
        bytes.fromhex(vector["payload"]),
        tx_dr=vector["tx_dr"],
        tx_ch=vector["tx_ch"],
        confirmed=vector["confirmed"],
        f_ctrl=int(vector["f_ctrl_flags"], 16),
        conf_f_cnt=vector["conf_f_cnt"],
    )
    assert phy.hex() == vector["phy_payload"]


@named("join_request")
def test_a_join_request_has_the_bytes_of_the_vector(vector: dict[str, Any]) -> None:
    phy = join_request(
        app_key=keys(vector)["app_key"],
        join_eui=vector["join_eui"],
        dev_eui=vector["dev_eui"],
        dev_nonce=vector["dev_nonce"],
    )
    assert phy.hex() == vector["phy_payload"]


def test_the_high_half_of_the_counter_changes_mic_and_payload_but_does_not_travel() -> None:
    node = Node(dev_addr="02000001", nwk_s_key=ANY_KEY, app_s_key=ANY_KEY)
    low, high = node.uplink(7, 20, b"same"), node.uplink(0x10007, 20, b"same")
    assert low[:9] == high[:9]
    assert low[9:13] != high[9:13]
    assert low[13:] != high[13:]


@pytest.mark.parametrize("wrong", ["020001", "0200000100"])
def test_an_address_of_another_length_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="8 hex digits"):
        Node(dev_addr=wrong, nwk_s_key=ANY_KEY, app_s_key=ANY_KEY)
