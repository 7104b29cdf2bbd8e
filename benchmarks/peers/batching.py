"""The peer that batches: influxdb-client's WriteApi with its default options, 1,000 points or 1 s."""

from benchmarks.peers.air_quality import run

if __name__ == "__main__":
    run(lambda client: client.write_api())
