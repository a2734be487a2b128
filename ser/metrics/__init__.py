"""Metrics of predictions, and similarity of representations: pure functions on arrays."""
