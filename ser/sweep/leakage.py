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
from ser.schema import SEGMENT, UNKNOWN_SPEAKER
from ser.settings import TrainSettings
from ser.sources import Source
from ser.splits import assign
from ser.splits.overlapping import overlapping

log = logging.getLogger(__name__)


def check_leakage(settings: TrainSettings, sources: Mapping[str, Source]) -> dict[str, Overlap] | None:
    """Find the clips and speakers of a cell's corpora that its checkpoint has heard, and samples in train and test.

    Returns:
        Corpus -> what was heard of it, where anything was; None where nothing is known of the checkpoint's past.

    Raises:
        LeakageError: a test set is among them, or a test clip shares samples with a training clip of its recording,
            unless `leakage` is `report`.
        CheckpointError: the checkpoint's record of what it has heard cannot be read.
    """
    for name, source in sources.items():
        if name in settings.dataset.train and {*SEGMENT} <= set(source.corpus.clips):
            _require_apart(settings, source)
    pretraining = read_pretraining(settings.checkpoint)
    if pretraining is None:
        return None
    found: dict[str, Overlap] = {}
    for name, source in sources.items():
        corpus = namespace(name, settings.dataset.corpora[name].reader)
        speakers = set(source.corpus.clips["speaker"]) - {UNKNOWN_SPEAKER}
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


def _require_apart(settings: TrainSettings, source: Source) -> None:
    """Refuse, or report, parts of a recording that overlap and are on both sides of the split."""
    corpus = source.corpus
    pairs = overlapping(corpus.clips, assign(settings.split, corpus, settings.seed.split))
    if not pairs:
        return
    shown = "; ".join(f"{one} and {other}" for one, other in pairs[:3])
    problem = f"corpus '{corpus.name}': {len(pairs)} pairs of clips share samples, one for training and one for testing"
    if settings.leakage == "refuse":
        raise LeakageError(
            f"{problem} ({shown}): the scores would be too good. Correct the times, name such clips in"
            f" dataset.corpora.{corpus.name}.leave_out, or use a split that keeps a recording in one part;"
            " leakage=report runs all the same"
        )
    log.warning("%s (%s): the scores will be too good", problem, shown)


def _told(found: Mapping[str, Overlap], names: list[str]) -> str:
    return ", ".join(f"{found[name].clips} clips and {found[name].speakers} speakers of '{name}'" for name in names)
