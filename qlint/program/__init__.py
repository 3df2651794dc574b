"""The files of a program, linked: which file an import means."""
