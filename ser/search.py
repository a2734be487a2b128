"""`python -m ser.search`: search values of any keys on a share of the training data and its validation part.

`hydra_plugins.ser_search` proposes the trials; this module runs one.
"""

import sys
import tempfile
from pathlib import Path

from omegaconf import DictConfig

from ser import records
from ser.command import check, start
from ser.models.checkpoint import check_folder
from ser.settings import SearchSettings
from ser.sweep.names import seeds_as_values


def main(config: DictConfig) -> float:
    """Train one trial, and return the best validation metric."""
    settings = check(config, SearchSettings)
    check_folder(settings.checkpoint)
    from ser.sources import open_sources

    with (
        records.writing_to(settings.folder, "searches_dir"),
        tempfile.TemporaryDirectory(dir=settings.folder) as folder,
    ):
        sources = open_sources(settings, settings.dataset.train)

        from ser.fine_tuning import fit_and_validate

        return fit_and_validate(settings, sources, settings.share, Path(folder))


if __name__ == "__main__":
    sys.argv[1:] = seeds_as_values(sys.argv[1:])
    start(main, "search")
