"""Register maps: a decoder described in a table, for devices that pass on what a meter's registers hold.

    spelling.py   types and byte orders as a map writes them
    keys.py       one table of a map: its keys, and what is wrong with them
    entries.py    a value of a map: what it is called, where it stands, how it is read
    layouts.py    layouts of a payload, told apart by what some bytes say
    channels.py   channels of a Milesight controller under the names of a map
    loading.py    a whole map, and its faults

A map is written in TOML (docs/register-map.md); this folder is given the table that a parser made of it.
"""
