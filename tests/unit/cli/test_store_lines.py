"""What `status` says of the store in words: every figure has its sentence, and what is wrong stands out."""

from gateway.cli.store_lines import store_lines

STORED = {
    "path": "/var/lib/lora-gateway/store.db",
    "used_bytes": 12_345_678,
    "disk_bytes": 20_000_000,
    "size_max": 1_073_741_824,
    "oldest_history": "2026-11-01T00:00:00Z",
    "outage_hours": 830.0,
    "bytes_per_hour": 1_200_000.0,
    "rotted": {"blocks": 0, "rows": 0, "readings": 0},
}


def said(**other: object) -> str:
    return "\n".join(store_lines(STORED | other))


def test_how_much_how_old_and_how_long() -> None:
    text = said()
    assert "12.3 MB in use of 1,073.7 MB" in text
    assert "oldest history: 2026-11-01" in text
    assert "an outage of 35 days still fits" in text
    assert "at the present rate of 1.2 MB an hour" in text
    assert "rotted" not in text
    assert "size_max" not in text


def test_little_time_is_told_in_hours_and_red() -> None:
    assert "[red]an outage of 0.4 hours" in said(outage_hours=0.42)


def test_what_cannot_be_told_is_said() -> None:
    assert "cannot be told" in said(outage_hours=None, bytes_per_hour=None, size_max=None)


def test_a_file_that_keeps_its_size_under_a_lowered_ceiling_is_told() -> None:
    text = said(size_max=15_000_000)
    assert "its files take 20.0 MB, more than size_max" in text


def test_rot_is_told() -> None:
    text = said(rotted={"blocks": 1, "rows": 2, "readings": 30})
    assert "1 blocks with 30 readings and 2 rows are set aside" in text
