"""How fast `ser.prepare` is, and in how much memory: ten times Emozionalmente's 6902 clips, synthetic and short.

    python benchmarks/prepare.py                # 70,000 clips: some minutes, and 4 GB of disk
    python benchmarks/prepare.py 7000           # a smaller one

It writes `prepare.json` and `prepare.md` beside itself. The process that prepares is watched from outside.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).parent
RATE = 16000
EMOTIONS = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutrality")
POLL_S = 0.5


def write_corpus(folder: Path, clips: int) -> Path:
    """Write clips of 0.4 to 0.8 s, each another one, and their table; return the table."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(20 * RATE).astype(np.float32)
    lines = ["path,emotion,speaker,gender"]
    for clip in range(clips):
        length = int(rng.integers(int(0.4 * RATE), int(0.8 * RATE)))
        start = int(rng.integers(len(noise) - length))
        path = folder / f"{clip // 1000}" / f"{clip}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, 0.05 * noise[start : start + length], RATE, subtype="PCM_16")
        lines.append(f"{path.relative_to(folder)},{EMOTIONS[clip % 7]},speaker{clip % 4310},female")
    table = folder / "clips.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


def watch(process: subprocess.Popen, store: Path) -> list[tuple[float, float, float]]:
    """Return (seconds since the start, memory in MB, samples stored in MB) of a process until it ends."""
    began, seen = time.monotonic(), []
    while process.poll() is None:
        partial = next(store.glob("*.partial/samples.f32"), None)
        try:
            stored = partial.stat().st_size / 1e6 if partial else 0.0
            status = Path(f"/proc/{process.pid}/status").read_text()
            memory = next(int(line.split()[1]) / 1e3 for line in status.splitlines() if line.startswith("VmRSS"))
        except (OSError, StopIteration):
            continue  # it has just been renamed, or has just ended
        seen.append((time.monotonic() - began, memory, stored))
        time.sleep(POLL_S)
    return seen


def measure(clips: int) -> dict:
    """Prepare a synthetic corpus in a process of its own, twice, and return the figures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder, store = Path(temporary, "corpus"), Path(temporary, "store")
        folder.mkdir()
        table = write_corpus(folder, clips)
        line = [sys.executable, "-m", "ser.prepare", "dataset=manifest", f"dataset.corpora.manifest.table={table}"]
        began = time.monotonic()
        process = subprocess.Popen([*line, f"store_dir={store}"], stdout=subprocess.DEVNULL)
        seen = watch(process, store)
        total_s = time.monotonic() - began
        assert process.returncode == 0
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
        began = time.monotonic()
        subprocess.run([*line, f"store_dir={store}"], check=True, stdout=subprocess.DEVNULL)
        again_s = time.monotonic() - began
        stored_mb = sum(file.stat().st_size for file in store.glob("*/samples.f32")) / 1e6
    decoding = [(second, memory, stored / stored_mb) for second, memory, stored in seen if stored > 0]
    shares = (0.1, 0.25, 0.5, 0.75, 0.99)
    memory_mb = {f"{share:.0%}": round(min(decoding, key=lambda row: abs(row[2] - share))[1]) for share in shares}
    decoding_s = decoding[-1][0] - decoding[0][0]
    return {
        "clips": clips,
        "audio_hours": round(stored_mb / 4 / RATE * 1e6 / 3600, 2),
        "total_s": round(total_s, 1),
        "decoding_s": round(decoding_s, 1),
        "clips_per_minute": round(clips / total_s * 60),
        "clips_per_minute_decoding": round(clips / decoding_s * 60),
        "again_s": round(again_s, 1),
        "memory_mb_at_share_stored": memory_mb,
        "peak_memory_mb": round(peak_mb),
        "stored_mb": round(stored_mb),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def to_markdown(figures: dict) -> str:
    """Return the figures as a page."""
    memory = ", ".join(f"{mb} MB at {share}" for share, mb in figures["memory_mb_at_share_stored"].items())
    total, decoding = (f"{figures[key]:,} clips a minute" for key in ("clips_per_minute", "clips_per_minute_decoding"))
    return f"""# Preparing {figures["clips"]:,} clips

`python benchmarks/prepare.py {figures["clips"]}`: synthetic clips of 0.4 to 0.8 s, {figures["audio_hours"]} h in all,
on {figures["cores"]} cores that others used too (load {figures["load_before"]} at the start).

| what | figure |
|---|---|
| all of it: labels, content, decoding, loudness, store | {figures["total_s"]} s, {total} |
| decoding alone | {figures["decoding_s"]} s, {decoding} |
| again, when all is there | {figures["again_s"]} s |
| memory while the store grows to {figures["stored_mb"]} MB | {memory} |
| memory at most | {figures["peak_memory_mb"]} MB |
"""


if __name__ == "__main__":
    result = measure(int(sys.argv[1]) if sys.argv[1:] else 70_000)
    (HERE / "prepare.json").write_text(json.dumps(result, indent=1) + "\n")
    (HERE / "prepare.md").write_text(to_markdown(result))
    print(to_markdown(result))
