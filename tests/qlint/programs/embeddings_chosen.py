"""An embedding whose qconfig is chosen in a way that is not followed."""

from torch import nn
from torch.ao import quantization


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 4)
        self.quant, self.dequant = quantization.QuantStub(), quantization.DeQuantStub()
        self.linear = nn.Linear(4, 4)

    def forward(self, ids):
        return self.dequant(self.linear(self.quant(self.words(ids))))


net = Net()
net.qconfig = quantization.get_default_qconfig("x86")
for each in net.modules():
    if isinstance(each, (nn.Embedding, nn.EmbeddingBag)):
        each.qconfig = quantization.float_qparams_weight_only_qconfig
quantization.prepare(net, inplace=True)
