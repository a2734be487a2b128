"""The kinds of numbers of the configuration, all with bounds: none overflows, fills memory or is lost in rounding.

Those of parts are strict: true and false are no numbers.
"""

from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, StrictInt

MOST = 2**32 - 1
"""The largest whole number: what NumPy and Lightning take for a seed."""
LARGEST = 1e30
"""The largest real number: single precision holds 3e38."""
SMALLEST = 1e-12
"""The smallest real number beside 0: less is lost in the rounding of what it is added to."""
WIDEST = 2**16
"""Of a layer or a pooling."""

Value = TypeVar("Value")


def bounded(value: Value) -> Value:
    """Return a value; for pydantic's validators, which report a ValueError.

    Raises:
        ValueError: it is a number beyond the bounds.
    """
    if isinstance(value, int) and abs(value) > MOST:
        raise ValueError(f"a whole number is at most {MOST}")
    if isinstance(value, float) and abs(value) > LARGEST:
        raise ValueError(f"a number is at most {LARGEST:g}")
    if isinstance(value, float) and 0 < abs(value) < SMALLEST:
        raise ValueError(f"a number is 0, or at least {SMALLEST:g}")
    return value


StrictWhole = Annotated[StrictInt, AfterValidator(bounded)]
StrictReal = Annotated[float, Field(strict=True), AfterValidator(bounded)]
PositiveWhole = Annotated[StrictWhole, Field(gt=0)]
Width = Annotated[StrictInt, Field(gt=0, le=WIDEST)]
NonNegative = Annotated[StrictReal, Field(ge=0)]
Share = Annotated[StrictReal, Field(ge=0, lt=1)]
Threads = Annotated[int, Field(gt=0, le=1024)]
"""Of the processor, or processes."""
Decibels = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]
Decay = Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]
"""Of a spectrum, per doubling or halving of the frequency."""
