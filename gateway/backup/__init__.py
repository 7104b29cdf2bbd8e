"""Everything of this gateway in one file, and back: configuration, devices, keys, counters, what waits for a sink.

A backup is a plain tar of mode 0600. Its first member says what the others are:

    manifest.json                       versions, and of each member its place, mode, owner, size, SHA-256
    config/gateway.toml ...             what lies in the configuration's folder, by its place there
    elsewhere/etc/ssl/city-ca.pem ...   what the configuration names outside of it, by its absolute path
    store/store.db                      a copy of the store (gateway/store/copy.py)

It is not encrypted; docs/backup.md says how to.
"""
