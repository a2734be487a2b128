"""Emotions of recordings by an exported model: without torch, corpora or sweep."""
