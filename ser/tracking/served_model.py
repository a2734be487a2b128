"""The code that MLflow runs to serve a kept model; it is stored with the model as text, so nothing is unpickled."""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from ser.tracking.kept_model import KeptModel


class Recogniser(PythonModel):
    """Recognises emotions in the recordings of a column `audio`, which holds the bytes of audio files."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the network: weights are safetensors, the configuration is plain YAML."""
        self._model = KeptModel(Path(context.artifacts["cell"]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return one row a recording, as `ser.tracking.kept_model.KeptModel.predict`."""
        return self._model.predict([bytes(content) for content in model_input["audio"]])


set_model(Recogniser())
