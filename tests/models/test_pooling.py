import json
from pathlib import Path

import pytest
import torch
import yaml

from ser.command import config_folder
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.normalisation import MaskedBatchNorm
from ser.models.pooling import build_pooling
from ser.models.pooling.attentive_statistics import AttentiveStatistics
from ser.models.pooling.ecapa_tdnn import EcapaTdnn
from ser.settings.network import POOLINGS, PoolingSettings
from tests.encoders import NORMS

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "pooling.json").read_text())
"""What SpeechBrain makes of it; reference/make_pooling.py made it."""


def chosen(name: str) -> PoolingSettings:
    """Return a pooling of the table with the keys of its file, and a small hidden layer."""
    content = yaml.safe_load((config_folder() / "pooling" / f"{name}.yaml").read_text())
    return PoolingSettings.model_validate(content | ({"attention_width": 8} if "attention_width" in content else {}))


ALL = pytest.mark.parametrize("chosen_pooling", [*map(chosen, POOLINGS.table)], ids=lambda chosen: chosen.name)

HIDDEN = torch.tensor([[[1.0, -2.0], [3.0, -6.0]], [[-5.0, 7.0], [100.0, -100.0]]])
MASK = torch.tensor([[True, True], [True, False]])


def reference(name: str) -> dict[str, torch.Tensor]:
    found = {key: torch.tensor(value) for key, value in REFERENCE[name].items()}
    return found | {"mask": torch.arange(5)[None] < found["lengths"][:, None]}


def copy(source: dict[str, torch.Tensor], name: str, target: torch.nn.Linear, rows: int | None = None) -> None:
    with torch.no_grad():
        target.weight.copy_(source[f"{name}.weight"][:rows, :, 0])
        target.bias.copy_(source[f"{name}.bias"][:rows])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mean", [[2.0, -4.0], [-5.0, 7.0]]),
        ("max", [[3.0, -2.0], [-5.0, 7.0]]),
        ("sum", [[4.0, -8.0], [-5.0, 7.0]]),
    ],
)
def test_plain_pooling_is_worked_out_by_hand(name, expected):
    pooling = build_pooling(PoolingSettings(name=name), 2)
    torch.testing.assert_close(pooling(HIDDEN, MASK), torch.tensor(expected))


def test_attentive_statistics_are_worked_out_by_hand():
    """Scores 0 and log 3 are weights 1/4 and 3/4: mean 1/4 x 1 + 3/4 x 3, variance 1/4 x 1.5^2 + 3/4 x 0.5^2."""
    pooling = AttentiveStatistics(2, 1)
    with torch.no_grad():
        pooling.attention[0].weight.copy_(torch.tensor([[0.5, 0.0]]))
        pooling.attention[0].bias.fill_(-0.5)  # tanh of 0 and of 1
        pooling.attention[2].weight.copy_(torch.log(torch.tensor([[3.0]])) / torch.tanh(torch.tensor(1.0)))
        pooling.attention[2].bias.fill_(7.0)
    expected = torch.tensor([[2.5, -5.0, 0.75**0.5, 3**0.5], [-5.0, 7.0, 1e-6, 1e-6]])
    torch.testing.assert_close(pooling(HIDDEN, MASK), expected)


def test_attentive_statistics_are_those_of_speechbrain():
    known = reference("attentive_statistics")
    pooling = AttentiveStatistics(4, 3)
    copy(known, "tdnn.conv.conv", pooling.attention[0])
    copy(known, "conv.conv", pooling.attention[2], rows=1)
    torch.testing.assert_close(pooling(known["hidden"], known["mask"]), known["pooled"], atol=1e-6, rtol=1e-5)


def test_ecapa_tdnn_is_that_of_speechbrain():
    known = reference("ecapa_tdnn")
    pooling = EcapaTdnn(4, 3).eval()
    copy(known, "tdnn.conv.conv", pooling.enter)
    copy(known, "conv.conv", pooling.score)
    norm = {name.removeprefix("tdnn.norm.norm."): value for name, value in known.items() if "norm" in name}
    pooling.norm.load_state_dict(norm)
    torch.testing.assert_close(pooling(known["hidden"], known["mask"]), known["pooled"], atol=1e-6, rtol=1e-5)


@ALL
def test_padding_has_no_say_and_gets_no_gradient(chosen_pooling):
    torch.manual_seed(0)
    pooling = build_pooling(chosen_pooling, 4)  # in training: batch norm too has its statistics from real frames alone
    hidden, mask = torch.randn(3, 6, 4), torch.arange(6)[None] < torch.tensor([6, 4, 1])[:, None]
    dirty = torch.where(mask[:, :, None], hidden, 1e6).requires_grad_()
    found = pooling(dirty, mask)
    assert found.shape == (3, pooling.width)
    torch.testing.assert_close(found, pooling(torch.nn.functional.pad(hidden, (0, 0, 0, 5)), _longer(mask, 5)))
    found.square().sum().backward()
    assert dirty.grad is not None
    assert dirty.grad.isfinite().all()
    assert not dirty.grad[~mask].any()


def _longer(mask: torch.Tensor, frames: int) -> torch.Tensor:
    return torch.nn.functional.pad(mask, (0, frames), value=False)


@ALL
@pytest.mark.parametrize(("architecture", "norm"), NORMS)
@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")
def test_padding_changes_no_logit_of_any_encoder(tiny_checkpoint, architecture, norm, chosen_pooling):
    torch.manual_seed(0)
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture, "", norm)), 16000)
    classifier = EmotionClassifier(encoder, 7, pooling=chosen_pooling).eval()
    lengths = torch.tensor([9000, 12000, 400])
    waveforms = torch.randn(3, 20000)
    with torch.no_grad():
        together = classifier(waveforms, lengths)
        alone = [classifier(row[None, :length], length[None]) for row, length in zip(waveforms, lengths, strict=True)]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-4, rtol=0)


@ALL
def test_batch_of_one_frame_trains(chosen_pooling):
    pooling = build_pooling(chosen_pooling, 4)
    hidden = torch.randn(1, 1, 4, requires_grad=True)
    pooling(hidden, torch.ones(1, 1, dtype=torch.bool)).sum().backward()
    assert hidden.grad is not None
    assert hidden.grad.isfinite().all()


@pytest.mark.parametrize("training", [True, False])
def test_masked_batch_norm_is_that_of_pytorch_over_the_real_frames(training):
    torch.manual_seed(0)
    ours, theirs = MaskedBatchNorm(4).train(training), torch.nn.BatchNorm1d(4).train(training)
    values, mask = torch.randn(3, 5, 4), torch.arange(5) < torch.tensor([[5], [2], [1]])
    for _ in range(3):
        torch.testing.assert_close(ours(values, mask)[mask], theirs(values[mask]))
    for name, state in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], state)


def test_masked_batch_norm_takes_a_single_frame_as_in_evaluation():
    norm = MaskedBatchNorm(4)
    values, mask = torch.randn(1, 2, 4), torch.tensor([[True, False]])
    torch.testing.assert_close(norm(values, mask)[mask], norm.eval()(values, mask)[mask])
    assert torch.equal(norm.running_mean, torch.zeros(4))
