"""benchmarks.gpu: what it counts, what it does with steps that fail, and what it writes; nothing is measured here."""

import argparse
import json

import numpy as np
import pytest

from benchmarks import floor
from benchmarks.gpu import __main__ as command
from benchmarks.gpu.isolation import Outcome, Processes
from benchmarks.gpu.plan import CANDIDATES, FULL, steps
from benchmarks.gpu.report import MAIN, Part, Report
from benchmarks.gpu.totals import Run, hours_of_the_grid, projected_h, together
from benchmarks.gpu.trace import count


class TestProcesses:
    def call(self, name, number=3, limit_s=60, **options):
        return Processes("spawn").call(f"tests.benchmarks.processes.{name}", {"number": number}, limit_s, **options)

    def test_what_a_process_returns_and_raises(self):
        assert self.call("double") == [Outcome(6)]
        (failed,) = self.call("fail")
        assert failed.error == "ValueError: 3 is too many"
        assert "Traceback" in failed.details

    def test_a_process_that_dies_or_hangs(self):
        assert self.call("die") == [Outcome(error="the process ended with exit code 3")]
        assert self.call("hang", 600, limit_s=0.5) == [Outcome(error="took too long and was stopped")]

    def test_several_at_once(self):
        assert self.call("meet", copies=2) == [Outcome(3), Outcome(3)]

    def test_nobody_waits_for_one_that_failed(self, tmp_path):
        arguments = {"folder": str(tmp_path / "first")}
        outcomes = Processes("spawn").call("tests.benchmarks.processes.meet_one_that_fails", arguments, 60, copies=2)
        assert {outcome.error.partition(":")[0] for outcome in outcomes} == {"ValueError", "BrokenBarrierError"}


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Give a function that goes through all steps, whose processes return what is given: function -> outcome."""

    def call(outcomes, minutes=10.0, tiny=False):
        class Given:
            def __init__(self, method="forkserver"):
                self.method = method

            def call(self, function, arguments, limit_s, copies=1):
                name = function.removeprefix("benchmarks.gpu.")
                outcome = outcomes.get(name, Outcome(Part(f"Title of {name}")))
                return [outcome(self) if callable(outcome) else outcome] * copies

        monkeypatch.setattr(command, "Processes", Given)
        chosen = argparse.Namespace(minutes=minutes, tiny=tiny, rounds=1, output=tmp_path / "results")
        return command.measure(tmp_path, chosen)

    return call


CUDA = Outcome({"device": "cuda", "gpu": "NVIDIA H100"})
ONE_RUN = Outcome(Run(10.0, 12.0, 100, 5.0))
ROWS = {"step_ms": [36.0], "epoch_s": [10.0], "validation_s": [0.2], "clips_per_s": [400.0]}


class TestSteps:
    def test_one_that_fails_is_a_line_of_the_report_and_loses_no_other(self, run, tmp_path):
        broken = Outcome(error="RuntimeError: no kernel", details="Traceback: no kernel")
        report = run({"speed.facts": CUDA, "side_by_side.run": ONE_RUN, "resume.measure": broken})
        assert set(report.failures) == {"resuming, numerics=fast", "resuming, numerics=deterministic"}
        assert report.steps["resuming, numerics=fast"].startswith("FAILED: RuntimeError: no kernel")
        assert report.steps["layers compiled, round 1"].startswith("measured")
        content = json.loads((tmp_path / "results" / "gpu.json").read_text())
        assert content["failures"]["resuming, numerics=fast"] == "Traceback: no kernel"
        assert content["machine"]["gpu"] == "NVIDIA H100"
        assert "FAILED: RuntimeError: no kernel" in (tmp_path / "results" / "gpu.md").read_text()

    def test_results_are_written_before_the_next_step(self, run, tmp_path):
        def interrupted(_):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run({"speed.facts": CUDA, "shapes.measure": interrupted})
        assert "material" in json.loads((tmp_path / "results" / "gpu.json").read_text())["steps"]

    def test_what_is_left_when_the_time_is_over_is_skipped(self, run):
        report = run({"speed.facts": CUDA}, minutes=0)
        assert set(report.steps.values()) == {"skipped: the 0 minutes were over"}
        assert len(report.steps) == len(list(steps(FULL, 1))) + 1

    def test_without_a_gpu_nothing_is_measured_and_tiny_writes_nothing(self, run, tmp_path):
        facts = {"speed.facts": Outcome({"device": "cpu"}), "side_by_side.run": ONE_RUN}
        assert run(facts) is None
        assert run(facts, tiny=True).failures == {}
        assert not (tmp_path / "results").exists()

    def test_forked_processes_that_cannot_use_cuda_are_started_anew(self, run):
        def facts(processes):
            return CUDA if processes.method == "spawn" else Outcome(error="RuntimeError: CUDA in a forked process")

        assert run({"speed.facts": facts, "side_by_side.run": ONE_RUN}).device["device"] == "cuda"

    def test_without_material_nothing_else_is_tried(self, run):
        report = run({"speed.facts": CUDA, "speed.material": Outcome(error="OSError: disk full")})
        assert list(report.steps) == ["material"]

    def test_candidates_come_last_and_the_default_first_among_them(self):
        titles = [step.title for step in steps(FULL, 2)]
        assert titles[-len(CANDIDATES) :] == [f"{name}, round 2" for name in CANDIDATES]
        assert CANDIDATES[0] == "default"


def test_candidates_of_the_plan_are_those_that_there_are():
    from benchmarks.gpu import candidates

    assert tuple(candidates.CANDIDATES) == CANDIDATES


class TestReport:
    def test_gains_are_ratios_to_the_first_variant_round_by_round(self):
        part = Part("Candidates", {"step_ms": {"default": [30.0]}}, "step_ms")
        part.add(Part("Candidates", {"step_ms": {"half": [15.0]}}))
        part.add(Part("Candidates", {"step_ms": {"default": [40.0]}}))
        part.add(Part("Candidates", {"step_ms": {"half": [10.0]}}))
        assert part.gains()["half"]["runs"] == [2.0, 4.0]
        assert "| half | 12.5 (10 - 15) | 3 x |" in part.lines()
        part.more_is_better = True
        assert part.gains()["half"]["runs"] == [0.5, 0.25]

    def test_a_row_that_was_not_measured_says_why(self):
        lines = Part("Candidates", missing={"graphs": "it needs CUDA"}).lines()
        assert "- graphs: not measured, it needs CUDA." in lines

    def test_its_files_are_read_by_the_floor(self, tmp_path):
        report = Report("A title")
        report.add(Part(MAIN, {quantity: {"ser": values} for quantity, values in ROWS.items()}))
        report.write(tmp_path)
        assert "| 10.00 |" in floor.page(tmp_path)
        assert "| 0.20 |" in floor.page(tmp_path)

    def test_comparison_with_the_plain_loop_is_in_the_layout_of_all_benchmarks(self, tmp_path):
        report = Report("A title")
        report.add(Part(MAIN, {"clips_per_s": {"ser": [400.0], "plain loop": [50.0]}}))
        report.write(tmp_path)
        assert json.loads((tmp_path / "gpu.json").read_text())["ratios"]["clips_per_s"]["plain loop"]["median"] == 8.0


class TestTotals:
    def test_cells_side_by_side(self):
        # from the first that began to the last that ended: 300 clips in 4 s
        part = together([Run(10.0, 13.0, 100, 5.0), Run(11.0, 14.0, 200, 6.0)])
        assert part.rows == {"clips_per_s": {"2 cells": [75.0]}, "peak_memory_GB": {"2 cells": [11.0]}}
        assert "peak_memory_GB" not in together([Run(10.0, 13.0, 100, None)]).rows

    def test_hours_by_hand(self):
        # a validation of 4,200 s takes .42 s, the test sets have 1381 x 3.81 + 588 x 3.12 = 7096.17 s: .7096 s;
        # 1,000 x (.035 + .042) + .7096 = 77.7096 s, 440 times, and 36 s once
        assert projected_h(1000, 0.035, 0.42, 36) == pytest.approx((440 * 77.709617 + 36) / 3600)

    def test_hours_need_steps_and_validations(self):
        report = Report("A title")
        assert hours_of_the_grid(report) is None
        report.add(Part(MAIN, {quantity: {"ser": values} for quantity, values in ROWS.items()}))
        assert hours_of_the_grid(report).rows["1000 steps"]["ser"] == [projected_h(1000, 0.036, 0.2, 0.0)]


class TestTrace:
    EVENTS = (
        ("user_annotation", "step", 100, 50, {}),
        ("cpu_op", "aten::_to_copy", 101, 2, {}),
        ("cpu_op", "aten::mul", 103, 2, {}),
        ("cpu_op", "aten::_to_copy", 160, 2, {}),  # after the step
        ("cuda_runtime", "cudaLaunchKernel", 90, 2, {"correlation": 1}),  # before it
        ("cuda_runtime", "cudaLaunchKernel", 110, 2, {"correlation": 2}),
        ("cuda_driver", "cuLaunchKernelEx", 115, 2, {"correlation": 3}),
        ("cuda_runtime", "cudaMemcpyAsync", 120, 2, {"correlation": 4}),
        ("cuda_runtime", "cudaStreamSynchronize", 122, 8, {"correlation": 5}),
        ("cuda_runtime", "cudaDeviceSynchronize", 155, 8, {"correlation": 6}),  # the profiler's own
        ("kernel", "gemm", 105, 5, {"correlation": 1}),
        ("kernel", "gemm", 112, 20, {"correlation": 2}),
        ("kernel", "add", 160, 20, {"correlation": 3}),  # runs after the step that started it
        ("gpu_memcpy", "Memcpy DtoH (Device -> Pageable)", 130, 2, {"correlation": 4}),
    )

    def count(self, on_gpu):
        keys = ("cat", "name", "ts", "dur", "args")
        events = [dict(zip(keys, event, strict=True)) | {"ph": "X"} for event in self.EVENTS]
        return count([*events, {"ph": "M", "name": "process_name"}], "step", on_gpu)

    def test_counts_what_a_stretch_has_started(self):
        counts = self.count(on_gpu=True)
        assert counts.numbers == {
            "kernels": 2,
            "launches": 2,
            "host_waits": 1,
            "copies_to_host": 1,
            "casts": 1,
            "kernels_ms": 0.04,
            "GPU_busy_share": 40 / 80,
        }
        assert counts.waits == {"cudaStreamSynchronize": 1}
        assert {kernel["name"] for kernel in counts.kernels} == {"gemm", "add"}

    def test_without_a_gpu_casts_alone(self):
        assert self.count(on_gpu=False).numbers == {"casts": 1}


def test_shapes_and_padding_by_hand():
    from benchmarks.gpu.shapes import counted

    batches = [np.array([10, 17]), np.array([20, 12]), np.array([33, 33])]
    # 3 shapes, 125 of 2 x (17 + 20 + 33) frames; to 16: (2, 32) twice and (2, 48), 224 frames
    assert counted(batches, 1) == {"shapes": 3, "padding": pytest.approx(1 - 125 / 140)}
    assert counted(batches, 16) == {"shapes": 2, "padding": pytest.approx(1 - 125 / 224)}
