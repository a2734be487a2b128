"""Whether a checkpoint has heard, in language pre-fine-tuning, what a cell is tested on.

A transcript is no emotion, but an encoder that was fitted to a voice or a clip is not tested on an unheard one. So a
cell whose test sets were heard is refused. A corpus that is trained on and tested on counts as a test set whole: which
of its speakers are tested on differs from seed to seed. What was heard of a corpus that is only trained on spoils no
score, and is told.
"""

import logging
from collections.abc import Mapping

from ser.errors import LeakageError
from ser.models.pretraining_clips import namespace, read_pretraining, speaker_key
from ser.records import Overlap
from ser.settings import TrainSettings
from ser.sources import Source

log = logging.getLogger(__name__)


def check_leakage(settings: TrainSettings, sources: Mapping[str, Source]) -> dict[str, Overlap] | None:
    """Find the clips and speakers of a cell's corpora that its checkpoint has heard, and tell of them.

    Returns:
        Corpus -> what was heard of it, where anything was; None where nothing is known of the checkpoint's past.

    Raises:
        LeakageError: a test set is among them, unless `leakage` is `report`.
        CheckpointError: the checkpoint's record of what it has heard cannot be read.
    """
    pretraining = read_pretraining(settings.checkpoint)
    if pretraining is None:
        return None
    found: dict[str, Overlap] = {}
    for name, source in sources.items():
        corpus = namespace(name, settings.dataset.corpora[name].reader)
        speakers = source.corpus.clips["speaker"].unique()
        shared_speakers = sum(speaker_key(corpus, speaker) in pretraining.speakers for speaker in speakers)
        clips = int(pretraining.occurs_in(source.store).sum())
        if shared_speakers or clips:
            found[name] = Overlap(clips=clips, speakers=shared_speakers)
    tested = [name for name in settings.dataset.tests if name in found]
    if tested and settings.leakage == "refuse":
        raise LeakageError(
            f"checkpoint {settings.checkpoint} has heard {_told(found, tested)} in language pre-fine-tuning, so scores"
            " there would be too good: make it from other speech (python -m ser.pretune), or leave the test set out;"
            " leakage=report runs all the same, and says so in the result"
        )
    if found:
        log.warning("checkpoint %s has heard %s", settings.checkpoint, _told(found, list(found)))
    return found


def _told(found: Mapping[str, Overlap], names: list[str]) -> str:
    return ", ".join(f"{found[name].clips} clips and {found[name].speakers} speakers of '{name}'" for name in names)
