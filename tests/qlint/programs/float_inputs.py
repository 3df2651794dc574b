"""A FloatFunctional that gets floats in a prepared model, and int8 in dicts and lists."""

from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub, get_default_qconfig, prepare


class Join(nn.Module):
    def __init__(self):
        super().__init__()
        self.functional = FloatFunctional()

    def forward(self, xs):
        return self.functional.cat(xs, 1)  # QL401


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.left = FloatFunctional()
        self.left.qconfig = None
        self.join1, self.join2 = Join(), Join()

    def forward(self, x):
        x = self.conv(self.quant(x))
        y = self.dequant(self.join1([x, x]))
        y = self.left.add(y, y)
        return self.join2([y, y])


class Named(Net):
    def forward(self, x):
        x = self.quant(x)
        out = {"float": self.dequant(x)}
        out["int8"] = self.conv(x)
        return out  # QL402


class Listed(Net):
    def forward(self, x):
        return [self.conv(self.quant(x))]  # QL402


class Right(Net):
    def forward(self, x):
        x = self.conv(self.quant(x))
        return {"a": self.dequant(x), "b": [self.dequant(x), x.shape]}


for cls in (Net, Named, Listed, Right):
    model = cls().eval()
    model.qconfig = get_default_qconfig("x86")
    prepare(model)
