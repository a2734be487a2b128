"""What all benchmarks share: commands timed from outside, runs taken in turn, the machine's facts, and the table.

A quantity is measured for every contender once a round, one after the other (A B A B), so that whatever else the
machine does falls on all of them. Ratios are taken within a round, and their median is what is claimed.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
OURS = "ser"
"""The contender that the others are compared with."""
PACKAGES = ("torch", "torchaudio", "transformers", "pytorch-lightning", "mlflow", "hydra-core", "numpy")


def arguments(about: str | None, rounds: int = 3) -> argparse.ArgumentParser:
    """Return a parser of what all benchmarks take: `--rounds`, `--threads` and `--output`."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds, help="how often each contender runs")
    parser.add_argument("--threads", type=_threads, default="all", help="of all that is run: one where others work too")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder of the results")
    return parser


def _threads(number: str) -> str:
    """Hold this process, and all that it starts, to a number of threads: two that wait for each other do not share."""
    if number == "all":
        return number
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(int(number))
    return number


class Run(NamedTuple):
    """What became of a command."""

    seconds: float
    cpu_seconds: float
    """On all cores."""
    peak_mb: float
    """Most memory that was resident at once, pages of mapped files that were read among it."""
    peak_anonymous_mb: float
    """Most memory that was the process's own at once, looked at every 20 ms: without mapped files."""
    started: float
    """Seconds since the epoch."""
    output: str


def run(command: Sequence[object], cwd: Path | None = None, allow_failure: bool = False, **environment: str) -> Run:
    """Run a command of this checkout and time it.

    Raises:
        RuntimeError: it failed; its last lines are in the message.
    """
    told = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"} | environment
    with tempfile.TemporaryFile("w+") as output:
        started, clock = time.time(), time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), cwd=cwd, env=told, stdout=output, stderr=subprocess.STDOUT)
        most = {"VmHWM": 0.0, "RssAnon": 0.0}
        watch = threading.Thread(target=_watch, args=(process.pid, most))
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - clock
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.join()
        output.seek(0)
        text = output.read()
    if process.returncode and not allow_failure:
        raise RuntimeError(f"{' '.join(map(str, command))} left with {process.returncode}:\n{text[-3000:]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, most["VmHWM"], most["RssAnon"], started, text)


def _watch(process: int, most_mb: dict[str, float]) -> None:
    """Follow the memory of a process until it is gone.

    (`ru_maxrss` is no help: it counts what the process that started it had, from before it became another program.)
    """
    status = Path(f"/proc/{process}/status")
    while True:
        try:
            lines = [line.split() for line in status.read_text().splitlines()]
        except OSError:
            return
        now = {line[0].rstrip(":"): int(line[1]) / 1024 for line in lines if line and line[0].rstrip(":") in most_mb}
        if not now:
            return  # it has ended, and waits to be asked how
        for name, value in now.items():
            most_mb[name] = max(most_mb[name], value)
        time.sleep(0.02)


def in_turn(contenders: dict[str, Callable[[int], dict[str, float]]], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Let every contender run once a round; return quantity -> contender -> values.

    Args:
        contenders: name -> called with the number of the round, returns a value for each quantity.
        rounds: how many.
    """
    values: dict[str, dict[str, list[float]]] = {}
    for number in range(rounds):
        for name, measure in contenders.items():
            for quantity, value in measure(number).items():
                values.setdefault(quantity, {}).setdefault(name, []).append(value)
            said = ", ".join(f"{quantity} {by[name][-1]:.4g}" for quantity, by in values.items() if name in by)
            print(f"round {number + 1} of {rounds}, {name}: {said}", flush=True)
    return values


@dataclass
class Table:
    """The results of one benchmark.

    Attributes:
        name: of the files.
        title: a sentence that says what was measured.
        settings: what it was measured with.
        rows: quantity -> contender -> values, one a round; a quantity's name ends in its unit, `cell_s`.
        more_is_better: quantities of which this holds, for ratios.
        notes: what a reader must know.
        extra: anything else for the JSON.
    """

    name: str
    title: str
    settings: dict[str, Any]
    rows: dict[str, dict[str, list[float]]]
    more_is_better: tuple[str, ...] = ()
    no_ratio: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    packages: tuple[str, ...] = PACKAGES

    def content(self) -> dict[str, Any]:
        """Return what the JSON file holds."""
        return {
            "name": self.name,
            "title": self.title,
            "measured": time.strftime("%Y-%m-%d"),
            "machine": machine(self.packages),
            "settings": self.settings,
            "rows": {
                quantity: {name: summary(values) for name, values in by.items()} for quantity, by in self.rows.items()
            },
            "ratios": {
                quantity: ratios(by, quantity in self.more_is_better)
                for quantity, by in self.rows.items()
                if OURS in by and len(by) > 1 and quantity not in self.no_ratio
            },
            "notes": self.notes,
            **self.extra,
        }

    def write(self, folder: Path) -> Path:
        """Write `<name>.json` and `<name>.md`, print the latter, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        content = self.content()
        (folder / f"{self.name}.json").write_text(json.dumps(content, indent=1) + "\n")
        (folder / f"{self.name}.md").write_text(markdown(content))
        print(markdown(content))
        return folder / f"{self.name}.md"


def summary(values: list[float]) -> dict[str, Any]:
    """Return median, least and most of some runs, and the runs."""
    return {"median": median(values), "min": min(values), "max": max(values), "runs": values}


def ratios(by: dict[str, list[float]], more_is_better: bool) -> dict[str, dict[str, Any]]:
    """Return how many times better ours is than each other, round by round."""
    ours = by[OURS]
    return {
        name: summary([(a / b if more_is_better else b / a) for a, b in zip(ours, values, strict=False) if a and b])
        for name, values in by.items()
        if name != OURS and any(values) and any(ours)
    }


def markdown(content: dict[str, Any]) -> str:
    """Write results as a page."""
    names = list(dict.fromkeys(name for by in content["rows"].values() for name in by))
    compared = [name for name in names if any(name in by for by in content["ratios"].values())]
    head = ["", *names, *(f"{name} : {OURS}" for name in compared)]
    lines = [f"# {content['title']}", "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for quantity, by in content["rows"].items():
        cells = [_range(by.get(name)) for name in names]
        cells += [_range(content["ratios"].get(quantity, {}).get(name), "x") for name in compared]
        lines.append(f"| {quantity} | " + " | ".join(cells) + " |")
    lines += ["", "Medians, in brackets the least and the most; ratios are taken round by round, 2 x is twice as good."]
    lines += ["", *(f"- {note}" for note in content["notes"]), ""]
    for part in ("settings", "machine"):
        lines.append(
            f"{part.capitalize()}: " + "; ".join(f"{key} {value}" for key, value in content[part].items()) + "."
        )
    return "\n".join([*lines, "", f"Measured on {content['measured']}.", ""])


def _range(values: dict[str, Any] | None, unit: str = "") -> str:
    if not values:
        return ""
    unit = f" {unit}" if unit else ""
    if len(values["runs"]) == 1:
        return f"{values['median']:.4g}{unit}"
    return f"{values['median']:.4g}{unit} ({values['min']:.4g} - {values['max']:.4g})"


def machine(packages: Sequence[str]) -> dict[str, Any]:
    """Return what the times depend on beside the program."""
    facts: dict[str, Any] = {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "memory GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        facts["gpu"] = torch.cuda.get_device_name()
    for package in packages:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "none"
    return facts | {"commit": _commit()}


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str:
    told = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "none"
