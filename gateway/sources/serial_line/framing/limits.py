"""How long what a modem says may get."""

LINE_BYTES_MAX = 1100
"""The longest report here, 255 bytes as hex with its RSSI, has 540; twice that leaves room for new firmware."""
KISS_BYTES_MAX = 1100
"""An RNode's largest frame has 1 + 508 bytes, and each may be escaped."""
JSON_BYTES_MAX = 4096
"""An rxpk with four antennas and encrypted fine time has some 1500."""
