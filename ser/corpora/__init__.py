"""Corpora as their owners publish them, read into one kind of table: a module a corpus, and one way in."""

from ser.corpora.corpus import Corpus, Terms, read
from ser.corpora.readers import READERS, reader_module
from ser.corpora.transcribed import TRANSCRIBED, read_transcribed

__all__ = ["READERS", "TRANSCRIBED", "Corpus", "Terms", "read", "read_transcribed", "reader_module"]
