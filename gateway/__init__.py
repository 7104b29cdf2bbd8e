"""LoRa sensor data from the air into a time-series database.

Readings go one way; every arrow is a plain function call or one transaction:

    air -> source -> frame -> lorawan -> uplink -> decoder -> readings -> STORE -> sink -> InfluxDB

`sources` take frames from the wire, `pipeline.ingest` finds out what they say and commits it,
`pipeline.deliver` takes readings from the store to each sink. The two halves meet only in `store`.
"""

__version__ = "0.1.0"
