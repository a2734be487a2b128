"""Synthetic speech for the demo: corpora in the published layouts and tiny encoders.

They test the pipeline from recordings to statistics without a download; their scores say nothing about emotion.
"""

from ser.errors import UserError


class SynthesisError(UserError):
    """The synthesiser is missing or refuses its input, or the output folder cannot be written."""
