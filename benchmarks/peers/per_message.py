"""The peer that writes each message when it comes: influxdb-client's WriteApi with SYNCHRONOUS."""

from influxdb_client.client.write_api import SYNCHRONOUS

from benchmarks.peers.air_quality import run

if __name__ == "__main__":
    run(lambda client: client.write_api(write_options=SYNCHRONOUS))
