"""An exported model on samples: one prediction a recording, or one a window."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser.audio.decode import SHORTEST_S
from ser.audio.loudness import normalise
from ser.errors import ConfigError, CorpusError, RecordError
from ser.prediction.folder import ONNX, REMEDY, open_export
from ser.prediction.resampling import resample


@dataclass(frozen=True)
class Prediction:
    """What a model says of a stretch of speech.

    Attributes:
        start_s: where it begins, in seconds.
        end_s: where it ends.
        scores: label -> probability; of dimensions, their value.
        embedding: (width,) float32, the pooled states.
        silent: too quiet to have a loudness, so that the prediction means nothing.
    """

    start_s: float
    end_s: float
    scores: dict[str, float]
    embedding: np.ndarray
    silent: bool

    @property
    def label(self) -> str:
        """The label with the highest score."""
        return max(self.scores, key=lambda label: self.scores[label])


class Recogniser:
    """An exported model, run by ONNX Runtime.

    Args:
        folder: that `python -m ser.export` wrote.
        threads: of ONNX Runtime; None leaves it to it.

    Attributes:
        labels: of the outputs.
        record: how the model is called and what it takes.

    Raises:
        ConfigError: the folder is none of an export, or onnxruntime is not installed.
        RecordError: one of its files is damaged.

    >>> Recogniser("export")(samples, 16000).scores  # doctest: +SKIP
    {'anger': 0.93, 'disgust': 0.02, 'fear': 0.03, 'joy': 0.02}
    """

    def __init__(self, folder: Path | str, threads: int | None = None) -> None:
        self.folder = Path(folder)
        self.record = open_export(self.folder)
        self.labels = tuple(self.record.labels)
        self._session = _session(self.folder / ONNX, threads)

    def __call__(self, samples: np.ndarray, rate: int) -> Prediction:
        """Return the prediction of a whole recording.

        Args:
            samples: (samples,) or (samples, channels), floating point with full scale at 1, or integers.
            rate: in Hz.

        Raises:
            CorpusError: they are not finite, too short, or have no channel that the model takes.
        """
        return next(self.over_time(samples, rate, None, None))

    def over_time(
        self, samples: np.ndarray, rate: int, window_s: float | None, hop_s: float | None
    ) -> Iterator[Prediction]:
        """Yield the predictions of windows, each brought to the loudness of training as a clip is.

        The last window ends with the recording. A recording that is no longer than a window is one window.

        Args:
            samples: as `__call__` takes them.
            rate: in Hz.
            window_s: length of a window; None takes the whole recording.
            hop_s: from the start of a window to that of the next; None is the length of a window.

        Raises:
            CorpusError: as `__call__`.
        """
        record = self.record
        mono = resample(_one_channel(samples, rate, record.channel), rate, record.sample_rate)
        for start, end in windows(len(mono), record.sample_rate, window_s, hop_s):
            clip, silent = mono[start:end], False
            if record.loudness_lufs is not None:
                clip, silent = normalise(clip, record.sample_rate, record.loudness_lufs)
            scores, embedding = self._session.run(None, {"waveform": clip[None], "length": np.array([len(clip)])})
            yield Prediction(
                start / record.sample_rate,
                end / record.sample_rate,
                dict(zip(self.labels, scores[0].tolist(), strict=True)),
                embedding[0],
                silent,
            )


def windows(samples: int, rate: int, window_s: float | None, hop_s: float | None) -> list[tuple[int, int]]:
    """Return the starts and ends of windows, in samples.

    >>> windows(10, 1, 4, 3)
    [(0, 4), (3, 7), (6, 10)]
    >>> windows(9, 1, 4, None), windows(3, 1, 4, None), windows(9, 1, None, None)
    ([(0, 4), (4, 8), (5, 9)], [(0, 3)], [(0, 9)])
    """
    if window_s is None or samples <= round(window_s * rate):
        return [(0, samples)]
    window = round(window_s * rate)
    hop = max(round((window_s if hop_s is None else hop_s) * rate), 1)
    starts = [*range(0, samples - window, hop), samples - window]
    return [(start, start + window) for start in starts]


def _one_channel(samples: np.ndarray, rate: int, channel: int) -> np.ndarray:
    """Return (samples,) float32, the channel that training reads."""
    samples = np.asarray(samples)
    if np.issubdtype(samples.dtype, np.integer):
        samples = samples / -float(np.iinfo(samples.dtype).min)
    if samples.ndim not in (1, 2):
        raise CorpusError(f"samples of shape {samples.shape}: give (samples,) or (samples, channels)")
    if samples.ndim == 2:
        channels = samples.shape[1]
        if channels > 1 and channel >= channels:
            raise CorpusError(f"it has {channels} channels, and the model takes channel {channel}, counted from 0")
        samples = samples[:, channel if channels > 1 else 0]
    if not np.isfinite(samples).all():
        raise CorpusError("it holds samples that are not finite numbers")
    if len(samples) < SHORTEST_S * rate:
        raise CorpusError(f"it lasts {1000 * len(samples) / rate:.3g} ms, where {1000 * SHORTEST_S:g} are needed")
    return np.ascontiguousarray(samples, dtype=np.float32)


def _session(path: Path, threads: int | None) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError("predictions need onnxruntime: pip install 'ser-grid[predict]'") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = options.inter_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a type of its own for each kind of damage
        raise RecordError(path, f"ONNX Runtime cannot open it ({str(error).splitlines()[0]})", REMEDY) from error
