"""Connections that end soon, one after the other: mostly another client with our client id. Pure.

Each of two clients with one id ends the other's connection when it connects. Brokers of MQTT 5 may say so (reason
0x8E); many, Mosquitto 2.0.11 among them, do not. So it is suspected when connections do not last.
"""

STABLE_S = 30.0
"""A connection that lasted so long was a good one: the next wait is short again."""
SUSPECTED = 3
"""Connections in a row that did not last: something ends them."""
SUSPECTED_STABLE_S = 90.0
"""From then on one has to last so long: two programs that wait up to a minute each would begin all over again."""


class ShortLives:
    """The connections of one source."""

    def __init__(self) -> None:
        self.in_a_row = 0

    def ended(self, lasted_s: float) -> bool:
        """A connection ended; whether it had been a good one."""
        good = lasted_s >= (SUSPECTED_STABLE_S if self.in_a_row >= SUSPECTED else STABLE_S)
        self.in_a_row = 0 if good else self.in_a_row + 1
        return good

    @property
    def begins(self) -> bool:
        """Whether the suspicion is new."""
        return self.in_a_row == SUSPECTED

    @property
    def sentence(self) -> str:
        """What a person should ask; empty, or it begins with a semicolon."""
        if self.in_a_row < SUSPECTED:
            return ""
        return f"; the last {self.in_a_row} connections ended soon: does another client have this client_id?"
