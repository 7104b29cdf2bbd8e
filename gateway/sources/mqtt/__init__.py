"""Gateway and network-server events over MQTT, acknowledged after they are on disk."""
