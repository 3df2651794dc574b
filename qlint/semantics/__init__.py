"""What torch does to quantized tensors, as data."""
