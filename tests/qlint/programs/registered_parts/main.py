"""A model whose parts are found by name, in files that only a package imports."""

from parts import Config, Net

net = Net(Config())
