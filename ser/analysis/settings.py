"""What a user chooses about an analysis; everything else is a stated convention of the module that does it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class AnalysisSettings(BaseModel):
    """The choices that change the tables; `conf/analyze.yaml` explains each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str
    only: dict[str, str | int | float | bool] | None
    factors: tuple[str, ...] | None = Field(min_length=1)  # None: those that vary
    margin: float = Field(gt=0, strict=True)
    alpha: float = Field(gt=0, lt=0.5, strict=True)
    typ: Literal[2, 3]
    reference: Literal["paper"] | None
