"""Twenty-five labels of one's own, from a table to the report: trained on, scored, drawn so that they can be read."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ser.analysis.figures.confusions import matrices
from ser.metrics.classification import draw_confusion
from tests import commands

LABELS = (
    *("amusement", "awe", "contemplation", "craving", "determination", "disappointment", "distress", "doubt"),
    *("ecstasy", "elation", "embarrassment", "envy", "fatigue", "gratitude", "interest", "mild irritation"),
    *("nostalgia", "pain", "pride", "realization", "relief", "romance", "schadenfreude", "tenderness", "triumph"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny_checkpoint) -> Path:
    """Train a cell on a table of eight speakers and 25 labels, as they are written there, and analyse it."""
    folder = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(0)
    rows = ["path,emotion,speaker,gender"]
    for speaker in range(8):
        for number, label in enumerate(LABELS):
            path = f"{speaker}_{number}.wav"
            tone = np.sin(2 * np.pi * (150 + 40 * number) * np.arange(rng.integers(4000, 5000)) / 16000)
            soundfile.write(folder / path, 0.2 * tone, 16000)
            rows.append(f"{path},{label.title() if speaker % 2 else label},s{speaker},{'mf'[speaker % 2]}")
    (folder / "clips.csv").write_text("\n".join(rows) + "\n")
    line = [
        *("dataset=manifest", "dataset.corpora.manifest.table=clips.csv", "sweep=own", "tracker=none", "trainer=cpu"),
        *("training.epochs=1", "training.validate_every_steps=5"),
        f"model.checkpoints.none={tiny_checkpoint('wav2vec2')}",
    ]
    trained = commands.run("ser.train", "-m", "seed=0,1", *line, folder=folder)
    assert trained.returncode == 0, trained.stderr
    analysed = commands.run("ser.analyze", "sweep=own", "tracker=none", folder=folder)
    assert analysed.returncode == 0, analysed.stderr
    return folder


def test_all_are_trained_on_and_scored(folder: Path) -> None:
    cell = folder / "multirun_sweeps/own/model=wav2vec2,pretune=none,dataset=manifest,seed=0"
    result = json.loads((cell / "result.json").read_text())
    assert result["corpora"]["manifest"]["clips"] == 200
    assert result["confusion"]["manifest"]["emotions"] == list(LABELS)
    recalls = {row["metric"] for row in result["scores"] if row["metric"].startswith("recall_")}
    assert recalls == {f"recall_{label}" for label in LABELS}
    predictions = pd.read_parquet(cell / "predictions_manifest.parquet")
    assert [name for name in predictions if name.startswith("logit_")] == [f"logit_{label}" for label in LABELS]


def test_all_are_in_the_report(folder: Path) -> None:
    report = folder / "multirun_sweeps/own/report"
    confusions = pd.read_csv(report / "confusions.csv")
    assert len(confusions) == 25 * 25
    drawn = (report / "confusions.svg").read_text()
    assert all(f">{label}<" in drawn or f"<!-- {label} -->" in drawn for label in LABELS)


def boxes(figure: Figure) -> list[tuple[str, object]]:
    """Return every text of a figure that is drawn, and where, in pixels."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    axes = [one for one in figure.axes if one.get_visible()]
    texts = [text for one in axes for text in (one.title, one.xaxis.label, one.yaxis.label, *one.get_yticklabels())]
    texts += [text for one in axes for text in one.get_xticklabels()]
    return [(text.get_text(), text.get_window_extent(renderer)) for text in texts if text.get_text()]


@pytest.mark.parametrize("labels", [LABELS, LABELS[:7], ("joy", "fear")])
def test_confusions_of_a_cell_lie_in_their_picture(labels: tuple[str, ...]) -> None:
    counts = pd.DataFrame(np.eye(len(labels), dtype=int), list(labels), list(labels))
    figure = draw_confusion(counts, "manifest")
    for text, box in boxes(figure):
        assert figure.bbox.x0 <= box.x0, text
        assert figure.bbox.y0 <= box.y0, text
        assert box.x1 <= figure.bbox.x1, text


@pytest.mark.parametrize("labels", [LABELS, LABELS[:7], ("joy", "fear")])
@pytest.mark.parametrize("cells", [1, 4, 6])
def test_confusions_of_a_report_can_be_read(labels: tuple[str, ...], cells: int) -> None:
    table = pd.DataFrame(
        [
            (f"model{cell}", "test", emotion, predicted, 1 / len(labels))
            for cell in range(cells)
            for emotion in labels
            for predicted in labels
        ],
        columns=["model", "dataset", "emotion", "predicted", "share"],
    )
    figure = matrices(table, ["model", "dataset"], list(labels))
    drawn = boxes(figure)
    for text, box in drawn:
        assert figure.bbox.x0 <= box.x0, text
        assert figure.bbox.y0 <= box.y0, text
    titles = [box for text, box in drawn if text.startswith("model")]
    ticks = [(text, box) for text, box in drawn if text in labels]
    assert len(titles) == cells
    assert not [text for text, box in ticks for title in titles if box.overlaps(title)]
    assert min(text.get_fontsize() for one in figure.axes[:cells] for text in one.get_yticklabels()) >= 5.5
