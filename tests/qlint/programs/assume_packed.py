"""Sequences of several lengths: what packs and pads them, and the layers that take them."""

import torch
from torch import nn
from torch.nn.utils import rnn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence


class Packed(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.lstm = nn.LSTM(8, 8)
        self.gru = nn.GRU(8, 8)
        self.out = nn.Linear(8, 8)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.fc(x), lengths, batch_first=True)
        y, (h, c) = self.lstm(packed)  # QL109
        z, _ = self.gru(packed)  # QL109
        y, _ = pad_packed_sequence(y)  # QL108
        z, counts = pad_packed_sequence(z, batch_first=True)  # QL108
        return self.out(y) + z, counts + 1  # QL101


class Padded(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x):
        x = self.fc(x)
        whole = pad_sequence([x, x[:1]], batch_first=True)  # QL108
        rnn.pack_sequence([x, x])  # QL108
        return whole * 2, rnn.unpad_sequence(x, [3, 2])[0] + 1  # QL107, QL107


class Dequantized(nn.Module):
    """An island: nothing is int8 from where it is packed to where it is padded again."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.dequant = torch.ao.quantization.DeQuantStub()
        self.lstm = nn.LSTM(8, 8)
        self.lstm.qconfig = None
        self.quant = torch.ao.quantization.QuantStub()

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.dequant(self.fc(x)), lengths)
        y, _ = self.lstm(packed)
        y, counts = pad_packed_sequence(y)
        return self.fc(self.quant(y + packed.data.mean()))  # QL203
