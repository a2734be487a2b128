"""Statistics pooling by SpeechBrain: numbers for tests/models/test_pooling.py, in tests/reference/pooling.json.

    python -m venv /tmp/speechbrain
    /tmp/speechbrain/bin/pip install torch==2.14.1 torchaudio==2.11 speechbrain==1.1.2
    /tmp/speechbrain/bin/python tests/reference/make_pooling.py

`ecapa_tdnn` is its class as it is, with random weights. `attentive_statistics` is the same class made to be Okabe et
al.'s: no context, one weight for all channels, a norm that does nothing, and ReLU on positive values alone.
"""

import json
from pathlib import Path

import torch
from speechbrain.lobes.models.ECAPA_TDNN import AttentiveStatisticsPooling

torch.manual_seed(0)
torch.set_grad_enabled(False)
lengths = torch.tensor([5, 2, 1])


def case(pooling: AttentiveStatisticsPooling, hidden: torch.Tensor) -> dict:
    pooled = pooling.eval()(hidden.transpose(1, 2), lengths / 5)[:, :, 0]
    content = {"hidden": hidden, "lengths": lengths, "pooled": pooled, **pooling.state_dict()}
    return {name: value.tolist() for name, value in content.items()}


ecapa_tdnn = AttentiveStatisticsPooling(4, attention_channels=3, global_context=True)
norm = ecapa_tdnn.tdnn.norm.norm
for weights in (norm.weight, norm.bias, norm.running_mean):
    weights.normal_()
norm.running_var.uniform_(0.5, 2)

attentive_statistics = AttentiveStatisticsPooling(4, attention_channels=3, global_context=False)
attentive_statistics.tdnn.norm.norm.running_var.fill_(1 - 1e-5)  # and its eps makes 1
for weights in (attentive_statistics.tdnn.conv.conv.weight, attentive_statistics.tdnn.conv.conv.bias):
    weights.abs_()
score = attentive_statistics.conv.conv
score.weight.copy_(4 * score.weight[:1].expand_as(score.weight))
score.bias.copy_(score.bias[:1].expand_as(score.bias))

content = {
    "ecapa_tdnn": case(ecapa_tdnn, torch.randn(3, 5, 4)),
    "attentive_statistics": case(attentive_statistics, torch.rand(3, 5, 4)),
}
(Path(__file__).parent / "pooling.json").write_text(json.dumps(content) + "\n")
