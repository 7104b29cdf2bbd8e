"""The fuse against giving up everything: when too much is refused, it is not the lines that are wrong.

A field whose type was changed in the database, or a server gone mad, refuses line after line. Without a
fuse every reading would become a dead letter until their cap throws the oldest away.

    blown when    more than a fifth of at least 50 lines of a batch are refused for what they say, or
                  50 lines in a row over several batches, with not one taken between them
    mended when   a sample of what was refused is taken again, or a batch of 50 is mostly taken

Lines that are only older than the server keeps do not count.
"""

LINES_MIN = 50
SHARE_MAX = 0.2


class Fuse:
    """Watches what became of lines, batch by batch."""

    def __init__(self) -> None:
        self.bridged = False
        """Each line is judged alone, however many are refused: for what was refused before."""
        self.blown = False
        self._row = 0
        """Lines refused since one was taken."""

    def blows(self, *, taken: int, poison: int) -> bool:
        """Look at one batch; True when nothing of it may be given up."""
        if self.bridged:
            return False
        self._row = 0 if taken else self._row + poison
        judged = taken + poison
        if self.blown and judged < LINES_MIN:
            # Too few to tell that it is over: what is taken is taken, and nothing is given up.
            return poison > 0
        self.blown = (judged >= LINES_MIN and poison > SHARE_MAX * judged) or self._row >= LINES_MIN
        return self.blown

    def mend(self) -> None:
        """Something that was refused is taken again."""
        self.blown = False
        self._row = 0
