import threading
from pathlib import Path

import pytest

from ser.audio.parallel import WORKERS, each_file
from ser.errors import CorpusError

FILES = [Path(f"{number}.wav") for number in range(100)]


def test_results_come_in_order_and_few_of_them_wait() -> None:
    lock, started, most_waiting = threading.Lock(), 0, 0

    def count(file: Path) -> str:
        nonlocal started
        with lock:
            started += 1
        return file.stem

    for taken, result in enumerate(each_file(count, FILES, "Counting")):
        assert result == str(taken)
        most_waiting = max(most_waiting, started - taken)
    assert started == len(FILES)
    assert most_waiting <= 2 * WORKERS + 1


def test_the_rest_is_worked_through_before_failures_are_named() -> None:
    def odd_fails(file: Path) -> int:
        if int(file.stem) % 2:
            raise CorpusError(f"{file}: odd")
        return int(file.stem)

    results: list[int] = []
    with pytest.raises(CorpusError, match=r"^Counting: 50 of 100 .*\n  1\.wav: odd\n(.*\n){4}  and 45 more$"):
        results.extend(each_file(odd_fails, FILES, "Counting"))
    assert results == list(range(0, 100, 2))


def test_a_bug_is_not_taken_for_a_bad_recording() -> None:
    def broken(file: Path) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(each_file(broken, FILES, "Counting"))
