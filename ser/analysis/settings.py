"""What a user chooses about an analysis; everything else is a stated convention of the module that does it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Alpha = Annotated[float, Field(strict=True, ge=1e-9, lt=0.5)]
"""The level of a test; quantiles of smaller ones are not exact in double precision."""
Size = Annotated[float, Field(strict=True, ge=1e-9, le=1e9)]
"""A difference or an SD of scores, in their unit; squares of others leave double precision."""


class AnalysisSettings(BaseModel):
    """The choices that change the tables; `conf/analyze.yaml` explains each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str
    only: dict[str, str | int | float | bool] | None
    factors: tuple[str, ...] | None = Field(min_length=1)  # None: those that vary
    margin: Size
    alpha: Alpha
    typ: Literal[2, 3]
    reference: Literal["paper"] | None
