"""One SQLite file: the queue, the embedded database, the counters and the history."""
