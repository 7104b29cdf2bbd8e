"""What commands of people change in the store: asked of the daemon, or done by the command that took its lock.

Each change is an asynchronous generator: it yields {"progress": [done, of]} after each step that is on disk, and
last its result. What a step has done stays done; asking for the same again does what is left.
"""
