"""What a trace of `torch.profiler` says about a marked stretch: kernels, launches, waits of the host, casts."""

from collections import Counter
from typing import Any, NamedTuple

WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize", "cudaMemcpy", "cudaMemcpy2D")
"""Calls in which the host waits for the device; `cudaMemcpyAsync` is not one of them."""
CASTS = "aten::_to_copy"


class Counts(NamedTuple):
    """Of a stretch of a trace."""

    numbers: dict[str, float]
    """kernels, launches, host waits, copies to the host, casts, and the share of the time that kernels ran."""
    kernels: list[dict[str, Any]]
    """The kernels that took most of the time: name, how many, milliseconds."""
    waits: dict[str, int]
    """Each call in which the host waited, and how often."""


def count(events: list[dict[str, Any]], mark: str, on_gpu: bool) -> Counts:
    """Count within a stretch that `record_function` has marked; what it started on the device counts whenever it ran.

    Args:
        events: `traceEvents` of a trace in Chrome's format; times in microseconds.
        mark: name of the stretch.
        on_gpu: whether there is a GPU in the trace.
    """
    whole = [event for event in events if event.get("ph") == "X"]
    start, end = next(
        (event["ts"], event["ts"] + event["dur"])
        for event in whole
        if event["name"] == mark and event.get("cat") == "user_annotation"
    )
    inside = [event for event in whole if start <= event["ts"] < end]
    casts = sum(event.get("cat") == "cpu_op" and event["name"] == CASTS for event in inside)
    if not on_gpu:
        return Counts({"casts": casts}, [], {})
    calls = [event for event in inside if event.get("cat") in ("cuda_runtime", "cuda_driver")]
    started = {event["args"].get("correlation") for event in calls if "args" in event} - {None}
    on_device = [event for event in whole if event.get("args", {}).get("correlation") in started]
    kernels = [event for event in on_device if event.get("cat") == "kernel"]
    copies = [event for event in on_device if event.get("cat") == "gpu_memcpy" and "DtoH" in event["name"]]
    waits = Counter(event["name"] for event in calls if event["name"] in WAITS)
    last = max([end, *(event["ts"] + event["dur"] for event in kernels)])
    numbers = {
        "kernels": len(kernels),
        "launches": sum("Launch" in event["name"] for event in calls),
        "host_waits": sum(waits.values()),
        "copies_to_host": len(copies),
        "casts": casts,
        "kernels_ms": sum(event["dur"] for event in kernels) / 1000,
        "GPU_busy_share": sum(event["dur"] for event in kernels) / (last - start),
    }
    return Counts(numbers, _longest(kernels), dict(waits))


def _longest(kernels: list[dict[str, Any]], most: int = 15) -> list[dict[str, Any]]:
    times, numbers = Counter(), Counter()
    for event in kernels:
        times[event["name"]] += event["dur"] / 1000
        numbers[event["name"]] += 1
    return [{"name": name[:120], "number": numbers[name], "ms": ms} for name, ms in times.most_common(most)]
