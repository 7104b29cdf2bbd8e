"""InfluxDB 1, 2 and 3 over HTTP line protocol."""
