"""LoRa modems on serial ports."""
