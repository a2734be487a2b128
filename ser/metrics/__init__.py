"""Scores of predictions, and likeness of representations: pure functions on labels, numbers and arrays."""
