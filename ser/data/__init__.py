"""Batches of decoded clips: sampling, order, padding, and the LightningDataModules."""
