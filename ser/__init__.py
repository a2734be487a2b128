"""Factorial experiments in speech emotion recognition."""
