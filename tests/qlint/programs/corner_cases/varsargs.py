import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import argparse

p = argparse.ArgumentParser()
p.add_argument("--mode", default="int8")
p.add_argument("--merge", default="add")
args = p.parse_args([])
opt = vars(args)
ns = args.__dict__


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.q = QuantStub() if opt["mode"] == "int8" else nn.Identity()
        self.q2 = QuantStub() if args.mode == "int8" else nn.Identity()
        self.e = DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        if opt["merge"] == "add":
            x = x + x  # QL101
        if ns["merge"] == "add":
            x = x * x  # QL103
        x = self.q2(self.e(x))
        if getattr(args, "merge") == "add":
            x = x - x  # QL102
        if args.merge == "add":
            x = x / x  # QL104
        return self.d(x)
