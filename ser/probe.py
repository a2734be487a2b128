"""`python -m ser.probe cell=<folder>`: what fine-tuning changed inside the encoder of a finished cell."""

import sys
from pathlib import Path

from ser.command import run
from ser.settings import Part, TrainerSettings


class ProbeSettings(Part):
    """Which cell, what it is compared with, and where it runs."""

    cell: Path
    output: Path
    compare: dict[str, str]
    egemaps: bool
    trainer: TrainerSettings


def main(settings: ProbeSettings) -> None:
    """Write probes of every layer, alignments of all layers, and a figure of both; print the best layers.

    Raises:
        ConfigError: the cell kept no weights, or is no cell of emotions, or opensmile is not installed.
        UserError: its corpora or its checkpoint are no longer what they were.
        CheckpointError: an encoder that is compared cannot be loaded.
    """
    from ser import records
    from ser.probing.alignment import align
    from ser.probing.cell import open_cell
    from ser.probing.figure import draw
    from ser.probing.linear import best_layers, probe_all
    from ser.probing.representations import represent

    probed = open_cell(settings.cell)
    representations = represent(probed, settings.compare, settings.egemaps, settings.trainer)
    probes = probe_all(representations, probed)
    alignments = align(representations, probed.tests())
    with records.writing_to(settings.output):
        settings.output.mkdir(parents=True, exist_ok=True)
        probes.to_csv(settings.output / "probes.csv", index=False)
        alignments.to_csv(settings.output / "cka.csv", index=False)
        draw(probes, alignments).savefig(settings.output / "probe.png", dpi=150)
    print(best_layers(probes).to_string(index=False, float_format="{:.3f}".format))
    print(f"probes.csv, cka.csv, probe.png in {settings.output}")


def quoted(arguments: list[str]) -> list[str]:
    """Quote folders of cells, whose names have commas and equals signs, so that Hydra takes them as they are typed."""
    parted = [item.partition("=") for item in arguments]
    return [f'{key}="{value}"' if value and Path(value).is_dir() else key + sign + value for key, sign, value in parted]


if __name__ == "__main__":
    sys.argv[1:] = quoted(sys.argv[1:])
    run(main, "probe", ProbeSettings)
