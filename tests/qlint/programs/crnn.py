import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class BLSTM(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.rnn = nn.LSTM(i, h, bidirectional=True)
        self.emb = nn.Linear(2 * h, o)

    def forward(self, x):
        r, _ = self.rnn(x)
        T, b, h = r.size()
        out = self.emb(r.view(T * b, h))
        return out.view(T, b, -1)


class CRNN(nn.Module):
    def __init__(self):
        super().__init__()
        ks, nm = [3, 3], [4, 8]
        cnn = nn.Sequential()

        def conv_relu(i, bn=False):
            cnn.add_module(
                "conv{0}".format(i), nn.Conv2d(3 if i == 0 else nm[i - 1], nm[i], ks[i], 1, 1)
            )
            if bn:
                cnn.add_module("bn{0}".format(i), nn.BatchNorm2d(nm[i]))
            cnn.add_module("relu{0}".format(i), nn.ReLU(True))

        conv_relu(0)
        cnn.add_module("pool", nn.MaxPool2d(2, 2))
        conv_relu(1, True)
        self.cnn = cnn
        self.rnn = nn.Sequential(BLSTM(8, 4, 4), BLSTM(4, 4, 5))
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward(self, x):
        conv = self.cnn(self.quant(x))
        b, c, h, w = conv.size()
        conv = F.adaptive_avg_pool2d(conv, (1, w)).squeeze(2).permute(2, 0, 1)
        conv = self.dequant(conv)
        out = self.rnn(conv) + 0.0
        return F.log_softmax(out, dim=2)


def make():
    return CRNN(), (torch.rand(1, 3, 8, 16),)
