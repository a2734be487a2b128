"""The files of a checkpoint, in hub layout."""

import json
from collections.abc import Mapping
from itertools import chain, compress
from pathlib import Path

from transformers import Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2Processor
from transformers.utils import logging as transformers_logging

from ser.models.encoder import SpeechEncoder
from ser.models.pretraining_clips import (
    PretrainingClips,
    fingerprints,
    namespace,
    read_pretraining,
    speaker_key,
    write_pretraining,
)
from ser.models.transcriber import Transcriber
from ser.pretuning.settings import PretuneSettings
from ser.pretuning.speech import Speech
from ser.sources import Source
from ser.text.vocabulary import BLANK_TOKEN, WORD_DELIMITER, Vocabulary


def write_network(folder: Path, module: Transcriber, sample_rate: int) -> None:
    """Write weights, configuration, feature extractor, tokenizer and vocabulary in transformers' layout.

    `preprocessor_config.json` repeats part of the processor's file, because encoders are loaded with it alone.
    """
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    module.network.save_pretrained(folder)
    extractor = _extractor(module.encoder, sample_rate)
    extractor.save_pretrained(folder)
    Wav2Vec2Processor(extractor, tokenizer(folder, module.vocabulary)).save_pretrained(folder)


def _extractor(encoder: SpeechEncoder, sample_rate: int) -> Wav2Vec2FeatureExtractor:
    front_end = encoder.front_end.description()
    return Wav2Vec2FeatureExtractor(
        sampling_rate=sample_rate,
        do_normalize=front_end["normalises"],
        return_attention_mask=front_end["feat_extract_norm"] != "group",  # as transformers requires it
    )


def tokenizer(folder: Path, vocabulary: Vocabulary) -> Wav2Vec2CTCTokenizer:
    """Write the vocabulary to the folder, and return transformers' tokenizer of it."""
    path = folder / "vocab.json"
    path.write_text(json.dumps(vocabulary.tokens, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return Wav2Vec2CTCTokenizer(
        str(path),
        pad_token=BLANK_TOKEN,
        word_delimiter_token=WORD_DELIMITER,
        unk_token=None,  # texts with unknown characters are left out before
        bos_token=None,
        eos_token=None,
    )


def write_leakage_record(
    folder: Path, settings: PretuneSettings, sources: Mapping[str, Source], speech: Speech
) -> None:
    """Write the clips and speakers of training and validation, with those of the checkpoint that it starts from."""
    used = speech.clips["split"].isin(("train", "validation")).to_numpy()
    speakers = {
        speaker_key(namespace(name, settings.corpora[name].reader), speaker)
        for name, source in sources.items()
        for speaker in source.corpus.clips["speaker"][used[(speech.clips["corpus"] == name).to_numpy()]]
    }
    clips = PretrainingClips(
        fingerprints=tuple(
            compress(chain.from_iterable(fingerprints(source.store) for source in sources.values()), used)
        ),
        speakers=frozenset(speakers),
    )
    earlier = read_pretraining(settings.start)
    write_pretraining(folder, earlier.union(clips) if earlier else clips)
