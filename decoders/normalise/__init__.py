"""What JavaScript codecs and network servers say, made into readings: names, units, types, records, times.

    output (any JSON) -> flatten -> records aside -> resolve names -> values -> readings

Pure, and knows nothing of the gateway. docs/codec-output.md is the page for users.
"""

from decoders.normalise.normaliser import Dropped, Mapped, Normalised, Normaliser
from decoders.normalise.profile import AS_GIVEN, Profile

__all__ = ["AS_GIVEN", "Dropped", "Mapped", "Normalised", "Normaliser", "Profile"]
