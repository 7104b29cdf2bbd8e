"""What all tests share: fixtures with real servers live in modules of their own, named here."""

pytest_plugins = ["tests.influx_fixtures"]
