"""Guards the station without LoRaWAN: what it is known by is at the start of every frame of its."""

from hil.simulators.plain_node import PlainNode

START = 1_790_010_000


def test_every_frame_begins_with_the_prefix_of_its_row() -> None:
    node = PlainNode(1, "modem")
    prefix = bytes.fromhex(str(node.row()["payload_prefix"]))
    frames = [node.speak(START + i * 60) for i in range(500)]
    assert all(frame.startswith(prefix) for frame in frames)
    assert {len(frame) for frame in frames} == {20}
    # LoRaWAN data uplinks begin with 40 or 80, join requests with 00.
    assert prefix[0] not in (0x00, 0x40, 0x80)


def test_its_row_names_the_source_and_the_port_of_its_payload() -> None:
    row = PlainNode(1, "roof").row()
    assert (row["source"], row["f_port"], row["decoder"]) == ("roof", 20, "air_quality")
