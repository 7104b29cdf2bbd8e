"""One SQLite file: the queue, the embedded database, the LoRaWAN counters and the history.

What it promises (tests/integration/store has a test by each name):

 1. committed_before_acknowledged  A frame is on disk, COMMIT with synchronous=FULL returned, before its
    source is acknowledged, where the source can send again. UDP and serial are at most once.
 2. raw_bytes_are_kept  beside what was decoded, also of refused frames, these under a cap of their own.
 3. sums_hold  heard = the sum over outcomes; per sink, accepted = delivered + pending + dead + expired +
    superseded + dropped. `accounts.py` counts them from the rows as well.
 4. delivery_is_harmless_twice  Once offered to a sink a reading's series and time never change.
 5. order_per_device  is kept among readings that are not held.
 6. ceiling  in bytes, WAL and reserve file included, and in age. Settled history goes first.
 7. power_cut  or kill at any instant loses nothing committed and leaves a file that opens by itself.
 8. schema_migrates  and an older program refuses a newer file.
 9. one_writer  connection in one thread does all writes and checkpoints; readers are read-only.

How it is laid out
    frame      append-only tail: one row per uplink, repeat, join ...; `body` holds its readings, packed
    refused    frames that became no reading, raw, under 64 MB
    block      settled readings of one device, measurement and hour, compressed; from sealed frame rows
    raw_block  the sealed rows themselves without their readings, by seq
    session    frame counters, flushed now and then; completed at start from the frame rows after the flush
    sink       each sink's position and sums;  dead  readings that a sink refused for good
    name, series, boot, counter, meta, field_type   small tables that rows point at
"""
