"""Corpora as their owners publish them, read into one kind of table: a module a corpus, and one way in."""

from ser.corpora.corpus import READERS, Corpus, Terms, read

__all__ = ["READERS", "Corpus", "Terms", "read"]
