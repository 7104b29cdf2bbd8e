"""What all tests share: fixtures with servers live in modules of their own, named here."""

pytest_plugins = [
    "tests.decode_bench",
    "tests.influx_fixtures",
    "tests.influx_simulated",
    "tests.mosquitto_fixtures",
    "tests.mqtt_gateway",
]
