"""A finished cell as a folder that needs neither corpora nor sweep: ONNX, weights in hub layout, a model card."""
