"""What processes do in test_gpu.py: functions by name, that need no torch."""

import os
import time


def double(number):
    return 2 * number


def fail(number):
    raise ValueError(f"{number} is too many\nand more")


def die(number):
    os._exit(number)


def hang(number):
    time.sleep(number)


def meet(number, barrier):
    barrier.wait()
    return number


def meet_one_that_fails(folder, barrier):
    """Fail where the folder is new; the other process finds it and waits for the first."""
    try:
        os.mkdir(folder)
    except FileExistsError:
        barrier.wait()
    raise ValueError("not today")
