"""The abstract interpreter: which values are quantized where."""
