"""The two halves of the flow: ingest (into the store) and deliver (out of it)."""
