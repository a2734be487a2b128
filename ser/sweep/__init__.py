"""Cells and sweeps: what a cell is called, whether it is finished, and how a grid of them is going."""
