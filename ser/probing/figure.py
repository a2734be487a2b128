"""Figure of the probes: UAR of each layer, and the similarity of the layers of two encoders."""

from typing import TYPE_CHECKING

import pandas as pd

from ser.probing.linear import METRIC

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(probes: pd.DataFrame, alignments: pd.DataFrame) -> "Figure":
    """Draw the probes of every layer on each test set, and the alignment of the first encoder with the second.

    Args:
        probes: columns representation, layer, dataset, metric, value; a single layer is drawn as a horizontal line.
        alignments: columns one, one_layer, other, other_layer, cka.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    probes = probes[probes["metric"] == METRIC]
    datasets = list(dict.fromkeys(probes["dataset"]))
    figure = Figure(figsize=(4.2 * (len(datasets) + 1), 3.8), layout="constrained")
    axes = figure.subplots(1, len(datasets) + 1, squeeze=False)[0]
    for panel, dataset in zip(axes, datasets, strict=False):
        for name, scores in probes[probes["dataset"] == dataset].groupby("representation", sort=False):
            if len(scores) == 1:
                panel.axhline(scores["value"].iloc[0], color="grey", linestyle=":", label=name)
            else:
                panel.plot(scores["layer"].astype(int), scores["value"], marker="o", markersize=3, label=name)
        panel.set(xlabel="layer", ylabel=f"{METRIC.upper()} of a linear probe", title=dataset)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.legend(fontsize=8)
    one, other = list(dict.fromkeys([*alignments["one"], *alignments["other"]]))[:2]
    pair = alignments[(alignments["one"] == one) & (alignments["other"] == other)]
    matrix = pair.pivot(index="one_layer", columns="other_layer", values="cka")
    matrix = matrix.reindex(index=dict.fromkeys(pair["one_layer"]), columns=dict.fromkeys(pair["other_layer"]))
    shown = axes[-1].imshow(matrix.to_numpy(), origin="lower", vmin=0, vmax=1, cmap="magma")
    axes[-1].set(xlabel=f"layer, {other}", ylabel=f"layer, {one}", title="linear CKA")
    for axis in (axes[-1].xaxis, axes[-1].yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    figure.colorbar(shown, ax=axes[-1], shrink=0.8)
    return figure
