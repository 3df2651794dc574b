class Registry:
    def __init__(self):
        self.classes = {}

    def register(self, name=None):
        def keep(cls):
            self.classes[name or cls.__name__] = cls
            return cls

        return keep

    def build(self, name):
        cls = self.classes.get(name)
        if cls is None:
            raise KeyError(name)
        return cls()


BACKBONES = Registry()
