"""How often a modem may be told what it writes to flash.

The flash of these modules stands some 10,000 writes (STM32WL data sheet: 10 kcycles). A supply that browns
out every few seconds, or a loose plug, would use that up in hours when each boot is answered with the settings.
So there are 5 turns at once, and one more each hour: 10,000 last for more than a year of the worst case.
"""

TURNS_MAX = 5
TURN_EACH_S = 3600.0


class FlashBudget:
    """Turns that are left. It outlives the port: a loose plug opens it again and again."""

    def __init__(self) -> None:
        self._left = float(TURNS_MAX)
        self._counted_at: float | None = None

    def take(self, now: float) -> bool:
        """Whether there was a turn; then it is used."""
        if self._counted_at is not None:
            grown = (now - self._counted_at) / TURN_EACH_S
            self._left = min(TURNS_MAX, self._left + grown)
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
