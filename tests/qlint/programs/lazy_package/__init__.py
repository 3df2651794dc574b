import importlib

_PLACES = {"Doubled": "layers"}


def __getattr__(name):
    if name in _PLACES:
        module = importlib.import_module("." + _PLACES[name], __name__)
        return getattr(module, name)
    raise AttributeError(name)
