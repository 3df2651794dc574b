"""The assertions, one file a subject."""
