"""The packet forwarder's UDP protocol (GWMP v1 and v2)."""
