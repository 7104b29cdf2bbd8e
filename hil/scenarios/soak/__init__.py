"""The soak: the real daemon between simulated senders, a real broker and a real database, under drawn faults.

    MQTT gateways (QoS 1) -> Mosquitto -> fault proxy ->  +--------+
    packet forwarder (UDP) ---------------------------->  | daemon | -> fault proxy -> InfluxDB 1
    modem (pseudo-terminal) --------------------------->  +--------+

    python -m hil.scenarios.soak --minutes 2 --seed 1         scripts/soak is the same from a fresh clone

It passes when every frame that the broker acknowledged to its publisher is in the database exactly once with the
values and the time that were sent, when UDP and serial frames are missing only of moments at which nobody could
hear them, and when the daemon's own sums agree with the database.
"""
