"""`python -m ser.probe cell=<folder>`: probe the layers of a finished cell's encoder before and after fine-tuning."""

import sys
from pathlib import Path

from ser.arguments import quoted_folders
from ser.command import run
from ser.settings import Part, TrainerSettings

FILES = ("probes.csv", "cka.csv", "probe.png")


class ProbeSettings(Part):
    """The cell, the encoders to compare with, and the device."""

    cell: Path
    output: Path
    compare: dict[str, str]
    egemaps: bool
    trainer: TrainerSettings


def main(settings: ProbeSettings) -> None:
    """Write the probe scores and the CKA of all layers, and a figure of both; print the best layers.

    Raises:
        ConfigError: the cell kept no weights or does not classify emotions, or opensmile is not installed.
        UserError: its corpora or its checkpoint have changed since training, or the output folder holds other files.
        CheckpointError: an encoder of `compare` cannot be loaded.
    """
    from ser import records
    from ser.csv_tables import write_csv
    from ser.probing.alignment import align
    from ser.probing.figure import draw
    from ser.probing.finished_cell import open_cell
    from ser.probing.linear import best_layers, probe_all
    from ser.probing.representations import represent

    records.check_output(settings.output, "probe", FILES)
    cell = open_cell(settings.cell)
    representations = represent(cell, settings.compare, settings.egemaps, settings.trainer)
    probes = probe_all(representations, cell)
    alignments = align(representations, cell.tests())
    with records.output(settings.output, "probe", FILES) as folder:
        write_csv(probes, folder / FILES[0])
        write_csv(alignments, folder / FILES[1])
        draw(probes, alignments).savefig(folder / FILES[2], dpi=150)
    print(best_layers(probes).to_string(index=False, float_format="{:.3f}".format))
    print(f"{', '.join(FILES)} in {settings.output}")


if __name__ == "__main__":
    sys.argv[1:] = quoted_folders(sys.argv[1:])
    run(main, "probe", ProbeSettings)
