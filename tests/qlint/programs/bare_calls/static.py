import torch
from torch.ao.quantization import *
from shapes import *


class Around(QuantWrapper):
    def after(self, x):
        return Shape()(x)


def static(net, x):
    model = prepare(QuantWrapper(net))
    model(x)
    return convert(model)
