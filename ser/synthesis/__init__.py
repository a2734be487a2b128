"""Synthetic speech for the demo: corpora in the published layouts and tiny encoders, all made on the spot.

They prove that the way from recordings to statistics works, without a download; they prove nothing about emotion.
"""

from ser.errors import UserError


class SynthesisError(UserError):
    """The synthesiser is not installed or refuses its input, or the output cannot be written where it shall be."""
