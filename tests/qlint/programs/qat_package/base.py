import torch.nn as nn


class BaseModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.build()

    def build(self):
        raise NotImplementedError

    def features(self, x):
        raise NotImplementedError

    def forward(self, x):
        f = self.features(x)
        return self.head(f) + f  # QL101
