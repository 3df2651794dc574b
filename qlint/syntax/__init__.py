"""One file's text, parsed once and lowered to a small model that is cheap to keep."""
