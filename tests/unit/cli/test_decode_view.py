"""The tables of `decode` on a narrow terminal: what is copied from them is whole."""

from io import StringIO

from rich.console import Console

from gateway.cli.decode_view import show
from gateway.cli.dry_run import Answer

PAYLOAD = "0123456789abcdef" * 15


def test_a_payload_longer_than_the_terminal_is_wide_is_shown_to_its_end() -> None:
    screen = StringIO()
    uplink = {"dev_addr": "260b1a2c", "payload": PAYLOAD}
    show(Answer(uplink=uplink), Console(file=screen, width=80))
    rows = [row.split("│") for row in screen.getvalue().splitlines() if "│" in row]
    assert "".join(cells[2].strip() for cells in rows[1:]) == PAYLOAD
