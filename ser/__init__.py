"""Factorial experiments in speech emotion recognition."""

try:
    import fcntl  # noqa: F401
except ImportError:  # locks, signals and forks of POSIX are used throughout
    raise SystemExit("error: ser runs on Linux and macOS; on Windows, install it in WSL 2") from None
