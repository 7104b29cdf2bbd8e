"""Runs JavaScript codecs in a child process, so that nothing a codec does reaches the gateway.

    decode stage -> CodecWorker -> pipe -> child.py: the engine, one realm per codec text -> pipe -> CodecAnswer

What holds a codec, from the inside out:

    engine      8 MB of heap, 4 MB of stack, 100 ms of CPU; no files, no network, no modules
    child       python -I without an environment; limits of memory, CPU, files and processes; killed and begun
                anew when an answer takes too long, for loops of native calls do not look at the engine's limit
    parent      takes at most 64 KB of JSON per answer and believes none of it; a codec that was killed for
                three times is quarantined
    pipeline    asks in a thread of its own, about rows that are on disk

Only `child.py` imports the engine, and only in the child.
"""
