"""Factorial experiments in speech emotion recognition."""

from typing import TYPE_CHECKING, Any

try:
    import fcntl  # noqa: F401
except ImportError:  # locks, signals and forks of POSIX are used throughout
    raise SystemExit("error: ser runs on Linux and macOS; on Windows, install it in WSL 2") from None

if TYPE_CHECKING:
    from ser.prediction.recogniser import Recogniser

__all__ = ["Recogniser"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: other commands do not need it."""
    if name == "Recogniser":
        from ser.prediction.recogniser import Recogniser

        return Recogniser
    raise AttributeError(f"module 'ser' has no attribute '{name}'")
