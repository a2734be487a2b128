"""A linear head trained on dumped hidden states, as s3prl and EmoBox train theirs; for `benchmarks.frozen`.

Frames of random values stand for the states of Whisper tiny's encoder: 50 frames a second, 384 wide, one array a clip.
Labels are random: what is measured is the time of a step. Every batch is padded and averaged over its real frames.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

WIDTH, FRAMES_PER_SECOND, SAMPLE_RATE = 384, 50, 16000
VALIDATE_EVERY, VALIDATION_SHARE = 10, 0.2


class Dumped(Dataset):
    """Clips: (frames, width) states and a label."""

    def __init__(self, states: list[torch.Tensor], labels: list[int]) -> None:
        self.states = states
        self.labels = labels

    def __len__(self) -> int:
        return len(self.states)

    def __getitem__(self, item: int) -> tuple[torch.Tensor, int]:
        return self.states[item], self.labels[item]


def collate(items: list[tuple[torch.Tensor, int]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return padded states (batch, frames, width), frames (batch,) and labels (batch,)."""
    states, labels = zip(*items, strict=True)
    return pad_sequence(states, batch_first=True), torch.tensor([len(row) for row in states]), torch.tensor(labels)


def logits(head: nn.Module, states: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    """Return the head's output for the mean over real frames."""
    real = torch.arange(states.shape[1])[None] < frames[:, None]
    return head((states * real[:, :, None]).sum(dim=1) / frames[:, None])


def main(request: dict) -> None:
    """Train as many heads, one after the other."""
    [lengths_file] = list(Path(request["store"]).glob("*/lengths.npy"))[:1]
    rng = np.random.default_rng(0)
    frames = np.load(lengths_file) * FRAMES_PER_SECOND // SAMPLE_RATE
    states = [torch.from_numpy(rng.standard_normal((length, WIDTH), dtype=np.float32)) for length in frames]
    labels = rng.integers(request["classes"], size=len(states)).tolist()
    cut = int(VALIDATION_SHARE * len(states))
    validation = DataLoader(Dumped(states[:cut], labels[:cut]), 32, collate_fn=collate)
    training = DataLoader(Dumped(states[cut:], labels[cut:]), request["batch_size"], shuffle=True, collate_fn=collate)
    for cell in range(request["cells"]):
        torch.manual_seed(cell)
        head = nn.Linear(WIDTH, request["classes"])
        optimizer = torch.optim.AdamW(head.parameters(), lr=5e-5)
        step = 0
        while step < request["steps"]:
            for batch, length, label in training:
                loss = nn.functional.cross_entropy(logits(head, batch, length), label)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                step += 1
                if step % VALIDATE_EVERY == 0:
                    with torch.no_grad():
                        [logits(head, states, length).argmax(dim=1) for states, length, _ in validation]
                if step == request["steps"]:
                    break


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
