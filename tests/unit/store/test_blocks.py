"""Guards sealing as a pure step: nothing of a row is lost, readings lie by device, measurement and hour."""

from gateway.store.blocks import (
    AGE_UNKNOWN_NS,
    BLOCK_READINGS_MAX,
    HOUR_NS,
    FrameRow,
    counted,
    open_block,
    open_raw_block,
    seal,
)
from gateway.store.packing import pack_body

PLACE = {1: (10, 20), 2: (10, 21), 3: (11, 20)}
"""Series 1 and 2 are of device 10, series 3 of device 11."""


def row(seq: int, *readings: tuple[int, int], held: int = 0, trusted: int = 1) -> FrameRow:
    body = pack_body([(series, time_ns, seq) for series, time_ns in readings], f"row {seq}")
    return (seq, 10, len(readings), held, "uplink", None, 5, seq, 1000 + seq, 7, 1, trusted,
            2, 3, bytes([seq % 256]), b"radio", body)  # fmt: skip


def test_readings_lie_by_device_hour_and_measurement_in_order_of_seq() -> None:
    sealed = seal(
        [row(1, (1, 0), (2, 0)), row(2, (3, 0)), row(3, (1, HOUR_NS)), row(4, (1, HOUR_NS - 1))],
        PLACE,
    )
    assert [block[:6] for block in sealed.blocks] == [
        (10, 20, 0, 1, 4, 2), (10, 21, 0, 1, 1, 1), (10, 20, 1, 3, 3, 1), (11, 20, 0, 2, 2, 1),
    ]  # fmt: skip
    assert open_block(sealed.blocks[0][6]) == [(1, 0, [1, 0, 1]), (4, 0, [1, HOUR_NS - 1, 4])]
    assert open_block(sealed.blocks[1][6]) == [(1, 1, [2, 0, 1])]
    assert (sealed.rows, sealed.readings, sealed.seq_low, sealed.seq_high) == (4, 5, 1, 4)


def test_rows_without_their_readings_are_kept_whole() -> None:
    rows = [row(1, (1, 0)), row(300)]
    sealed = seal(rows, PLACE)
    assert open_raw_block(sealed.data) == [
        (one[0], one[1], *one[4:16], f"row {one[0]}") for one in rows
    ]
    assert counted([sealed.outcomes, sealed.outcomes]) == {"uplink": 4}


def test_readings_of_a_held_row_live_on_in_the_row_that_replaced_it() -> None:
    sealed = seal([row(1, (1, 0), held=2), row(2, (1, 5))], PLACE)
    assert [open_block(block[6]) for block in sealed.blocks] == [[(2, 0, [1, 5, 2])]]
    assert sealed.readings == 1
    assert sealed.rows == 2


def test_age_is_that_of_trusted_clocks_only() -> None:
    assert seal([row(1), row(900, trusted=0)], PLACE).wall_high == 1001
    assert seal([row(1, trusted=0)], PLACE).wall_high == AGE_UNKNOWN_NS


def test_block_is_bounded() -> None:
    sealed = seal([row(seq, (1, seq)) for seq in range(1, BLOCK_READINGS_MAX + 2)], PLACE)
    assert [block[5] for block in sealed.blocks] == [BLOCK_READINGS_MAX, 1]
