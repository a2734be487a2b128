"""Corpora from their owners: fetch what may be fetched, whole and unaltered, and unpack it without harm."""
