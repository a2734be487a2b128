"""From recordings to samples: decoding, loudness, the store of prepared clips, augmentation."""
