"""The corpora of a cell as MLflow's dataset inputs: which clips, of what content, from where, under which licence."""

import json
from typing import Final

from mlflow.entities import Dataset, DatasetInput, InputTag

from ser import records

CONTEXT: Final = "mlflow.data.context"
LONGEST_DIGEST: Final = 36
"""Characters that MLflow keeps of a digest."""


def dataset_inputs(cell: records.CellRecord) -> list[DatasetInput]:
    """Return a dataset for each corpus of a cell; the digest is that of its labels and recordings."""
    train = cell.parameters.get("dataset.train", [])
    inputs = []
    for name, used in cell.corpora.items():
        profile = {"clips": used.clips, "left_out": used.left_out, "licence": used.licence, "citation": used.citation}
        dataset = Dataset(
            name=name,
            digest=str(cell.parameters.get(f"corpus_content.{name}", "unknown"))[:LONGEST_DIGEST],
            source_type="http" if used.url else "local",
            source=json.dumps({"url": used.url} if used.url else {"uri": name}),
            profile=json.dumps(profile),
        )
        context = "training" if name in train else "testing"
        inputs.append(DatasetInput(dataset, [InputTag(CONTEXT, context)]))
    return inputs
