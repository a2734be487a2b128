"""The exceptions that users see: one message each, which says what is wrong, where, and what to do.

The entry points print the message alone and leave with its exit code; everything else that is raised
is a bug and keeps its traceback.
"""

from pathlib import Path


class UserError(Exception):
    """Something that the user can mend; the message names the thing, what is allowed and the remedy."""

    exit_code = 1


class ConfigError(UserError):
    """A key, a type or a value of the configuration that cannot work."""

    exit_code = 2


class CorpusError(UserError):
    """A corpus folder, a table of labels or a clip that cannot be used as it is."""


class CheckpointError(UserError):
    """An encoder that cannot be found, cannot be read, or does not fit the architecture."""


class DivergenceError(UserError):
    """A training whose loss, gradients, weights or logits are not finite; it has no result."""


class LeakageError(UserError):
    """A checkpoint that has heard what it would be tested on."""


class ScoresError(UserError):
    """A table of scores that the analysis cannot answer from."""


class ArchiveError(UserError):
    """An archive of a sweep that cannot be written, opened or compared."""


class RecordError(UserError):
    """A file of this program that cannot be read; the message names the file and what to do.

    Attributes:
        path: of the file.
        reason: why it cannot be read.
        remedy: what to do.
        damaged: it may be set aside and made anew; one of a later version, or that may not be read, may not.
    """

    def __init__(self, path: Path, reason: str, remedy: str, damaged: bool = True) -> None:
        super().__init__(f"{path}{' is damaged' if damaged else ''}: {reason}; {remedy}")
        self.path = path
        self.reason = reason
        self.remedy = remedy
        self.damaged = damaged

    def __reduce__(self) -> tuple:
        """Return how it is made anew in another process, which would break at an exception that it cannot make."""
        return type(self), (self.path, self.reason, self.remedy, self.damaged)
