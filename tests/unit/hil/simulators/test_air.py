"""Guards what a receiver makes of a frame: its own counter, which wraps, and the channels of two regions."""

from hil.simulators.air import AS923_1, EU868, Receiver


def test_the_microsecond_counter_starts_with_the_receiver_and_wraps_after_71_minutes() -> None:
    receiver = Receiver("02c17aff00000001", started_at=1000.0)
    heard = [
        receiver.hear(at, b"x", AS923_1[0], rssi_dbm=-80, snr_db=7.5).tmst
        for at in (1000.0, 1001.5, 1000 + 4294.967296 + 2)
    ]
    assert heard[:2] == [0, 1_500_000]
    assert abs(heard[2] - 2_000_000) <= 1


def test_a_hearing_carries_the_receiver_and_the_bytes() -> None:
    hearing = Receiver("02c17aff00000001", 0).hear(
        5.0, b"phy", EU868[1], rssi_dbm=-101, snr_db=-3.25, crc="bad"
    )
    assert (hearing.receiver, hearing.phy, hearing.crc) == ("02c17aff00000001", b"phy", "bad")
    assert (hearing.rssi_dbm, hearing.snr_db) == (-101, -3.25)
    assert hearing.channel.frequency_hz == 868_300_000


def test_thailand_has_eight_channels_from_923_2_to_924_6_mhz() -> None:
    assert [channel.frequency_hz for channel in AS923_1] == [
        923_200_000, 923_400_000, 923_600_000, 923_800_000,
        924_000_000, 924_200_000, 924_400_000, 924_600_000,
    ]  # fmt: skip
