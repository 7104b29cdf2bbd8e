"""LoRaWAN, pure: bytes and keys in, uplinks out. No clock, no disk, no log."""
