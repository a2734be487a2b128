"""A package that somebody else wrote: a part of every kind, and its YAML, outside the project's tree."""

from pathlib import Path

MODULES = {
    "pooling": '''
import torch

class GeM(torch.nn.Module):
    """Generalised mean."""

    def __init__(self, width: int, p: float = 3.0):
        super().__init__()
        self.width, self.p = width, p

    def forward(self, hidden, mask):
        powers = hidden.abs().clamp(min=1e-6) ** self.p * mask[:, :, None]
        return (powers.sum(dim=1) / mask.sum(dim=1)[:, None]) ** (1 / self.p)

class Narrow(torch.nn.Module):
    """Does not say how wide its result is."""

    def __init__(self, width):
        super().__init__()

def nothing():
    """Takes no width."""

CONSTANT = 3
''',
    "losses": '''
import torch

class Generalised(torch.nn.Module):
    """Generalised cross-entropy (Zhang and Sabuncu, 2018) of q, weighted by how rare a class is."""

    def __init__(self, class_counts, q: float):
        super().__init__()
        self.q = q
        self.register_buffer("weights", torch.tensor(class_counts.sum() / class_counts.clip(1), dtype=torch.float32))

    def forward(self, logits, labels):
        truth = logits.softmax(dim=1).gather(1, labels[:, None])[:, 0]
        return (self.weights[labels] * (1 - truth**self.q) / self.q).mean()

def nothing():
    return {}
''',
    "augmentation": '''
from torch_audiomentations.core.transforms_interface import BaseWaveformTransform
from torch_audiomentations.utils.object_dict import ObjectDict

class Backwards(BaseWaveformTransform):
    """Plays a clip backwards."""

    def __init__(self, louder: float = 1.0, **common):
        super().__init__(**common)
        self.louder = louder

    def apply_transform(self, samples, **others):
        return ObjectDict(samples=self.louder * samples.flip(-1), **others)
''',
    "corpora": '''
import pandas as pd

LICENCE = "CC0-1.0"
CODES = {"dis": "disgust", "gio": "joy", "pau": "fear", "rab": "anger", "sor": "surprise", "tri": "sadness",
         "neu": "neutrality"}

def read_x(root, *, without: list[str] = ()):
    """Read recordings that are called <emotion>-<speaker>-<sentence>.wav."""
    rows = []
    for path in sorted(root.glob("*/*.wav")):
        code, speaker, _ = path.stem.split("-")
        if speaker not in without:
            gender = {"f": "female", "m": "male"}[speaker[0]]
            rows.append((path.relative_to(root).as_posix(), CODES[code], speaker, gender))
    return pd.DataFrame(rows, columns=["path", "emotion", "speaker", "gender"])

def read_nothing(root):
    return []
''',
    "splits": '''
import numpy as np

def last_speakers(corpus, seed, *, tested: int):
    """Test on the last speakers by name, and validate on the one before."""
    speakers = sorted(set(corpus.clips["speaker"]))
    parts = dict.fromkeys(speakers, "train") | {speakers[-tested - 1]: "validation"}
    parts |= dict.fromkeys(speakers[-tested:], "test")
    return np.array([parts[speaker] for speaker in corpus.clips["speaker"]])

def too_few(corpus, seed):
    return np.array(["train"])
''',
    "encoders": """
from transformers import UniSpeechForCTC, Wav2Vec2FeatureExtractor

from ser.models.architectures import Architecture
from ser.models.bodies import Transformer
from ser.models.front_ends import Convolutions

UNISPEECH = Architecture(Wav2Vec2FeatureExtractor, Convolutions, Transformer, UniSpeechForCTC)
""",
    "broken": "import a_package_that_nobody_has\n",
    "wrong": "1 / 0\n",
}
FILES = {
    "pooling/gem.yaml": "name: my_lab.pooling.GeM\np: 3\n",
    "loss/generalised.yaml": "name: my_lab.losses.Generalised\nq: 0.7\n",
    "augmentation/backwards.yaml": (
        "name: backwards\nmode: on_the_fly\ntransforms:\n"
        "  - {type: my_lab.augmentation.Backwards, probability: 0.5, louder: 0.9}\n"
        "  - {type: torch_audiomentations.LowPassFilter, probability: 0.5, min_cutoff_freq: 2000}\n"
    ),
    "split/last_speakers.yaml": "name: my_lab.splits.last_speakers\ntested: 2\n",
    "corpus/x.yaml": (
        "# @package corpora.x\nreader: my_lab.corpora.read_x\nroot: ${corpora_dir}/EMOVO\nwithout: [m3]\nchannel: 0\n"
    ),
    "dataset/x.yaml": "defaults: [/corpus@corpora.x: x, _self_]\nname: x\ntrain: x\ntests: [x]\n",
    "model/unispeech.yaml": (
        "name: unispeech\narchitecture: my_lab.encoders.UNISPEECH\ncheckpoints: {none: my_lab/none}\n"
    ),
}


def write(folder: Path) -> None:
    """Write the package into `folder/my_lab`, and its YAML into `folder/conf`."""
    for name, content in ({"__init__": ""} | MODULES).items():
        (folder / "my_lab").mkdir(parents=True, exist_ok=True)
        (folder / "my_lab" / f"{name}.py").write_text(content)
    for name, content in FILES.items():
        (folder / "conf" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "conf" / name).write_text(content)
