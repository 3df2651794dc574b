"""Fixes: what a rule proposes, as edits of the file it is about."""
