"""A function without gradients as CUDA graphs, one for each shape of its inputs: one launch in place of a thousand."""

from collections.abc import Callable

import torch

Function = Callable[..., torch.Tensor]


class Replayed:
    """Calls a function for shapes that it has not seen, and replays what was captured for those that it has.

    Args:
        function: tensors -> tensor; it must not wait for the device.
        capture: (function, inputs) -> a function of inputs of the same shapes.
    """

    def __init__(self, function: Function, capture: Callable[[Function, tuple[torch.Tensor, ...]], Function]) -> None:
        self.function = function
        self.capture = capture
        self.captured: dict[tuple, Function] = {}

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Return what the function returns."""
        shapes = tuple((each.shape, each.dtype) for each in inputs)
        if shapes not in self.captured:
            self.captured[shapes] = self.capture(self.function, inputs)
        return self.captured[shapes](*inputs)


class Captures:
    """Captures CUDA graphs that share their memory; none of them may run while another does."""

    def __init__(self) -> None:
        self.pool = torch.cuda.graph_pool_handle()

    def __call__(self, function: Function, inputs: tuple[torch.Tensor, ...]) -> Function:
        """Return a function that copies its inputs and replays the graph.

        The weights are cast within the graph, so that it computes with what they are when it is replayed.
        """
        held = [each.clone() for each in inputs]
        dtype, casts = torch.get_autocast_dtype("cuda"), torch.is_autocast_enabled("cuda")
        with torch.autocast("cuda", dtype, casts, cache_enabled=False):
            before = torch.cuda.Stream()
            before.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(before):
                function(*held)  # what libraries do when they are first called must not be captured
            torch.cuda.current_stream().wait_stream(before)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=self.pool):
                result = function(*held)

        def replay(*inputs: torch.Tensor) -> torch.Tensor:
            for holder, each in zip(held, inputs, strict=True):
                holder.copy_(each)
            graph.replay()
            return result.clone()

        return replay
