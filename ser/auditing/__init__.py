"""Checks of a corpus before training: measures of every clip, findings, and a report page."""
