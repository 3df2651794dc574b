import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Mlp(nn.Module):
    def __init__(self, d, act_layer=nn.GELU, drop=0.0):
        super().__init__()
        self.fc1 = nn.Linear(d, d * 2)
        self.act = act_layer()
        self.fc2 = nn.Linear(d * 2, d)
        self.drop = nn.Dropout(drop)

    def forward(self, x):
        x = self.drop(self.act(self.fc1(x)))
        return self.drop(self.fc2(x))


class WinAttn(nn.Module):
    def __init__(self, d, h, ws):
        super().__init__()
        self.h = h
        self.scale = (d // h) ** -0.5
        self.rel = nn.Parameter(torch.zeros((2 * ws - 1) ** 2, h))
        coords = torch.stack(torch.meshgrid([torch.arange(ws), torch.arange(ws)], indexing="ij"))
        cf = torch.flatten(coords, 1)
        rc = cf[:, :, None] - cf[:, None, :]
        rc = rc.permute(1, 2, 0).contiguous()
        rc[:, :, 0] += ws - 1
        rc[:, :, 0] *= 2 * ws - 1
        self.register_buffer("idx", rc.sum(-1))
        self.qkv = nn.Linear(d, d * 3)
        self.proj = nn.Linear(d, d)
        self.softmax = nn.Softmax(dim=-1)
        self.ws = ws

    def forward(self, x, mask=None):
        B_, N, C = x.shape
        qkv = self.qkv(x).reshape(B_, N, 3, self.h, C // self.h).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        q = q * self.scale  # QL107
        attn = q @ k.transpose(-2, -1)  # QL105
        bias = self.rel[self.idx.view(-1) % 9].view(N, N, -1).permute(2, 0, 1).contiguous()
        attn = attn + bias.unsqueeze(0)  # QL101
        if mask is not None:
            nW = mask.shape[0]
            attn = attn.view(B_ // nW, nW, self.h, N, N) + mask.unsqueeze(1).unsqueeze(0)  # QL101
            attn = attn.view(-1, self.h, N, N)
            attn = self.softmax(attn)  # QL109
        else:
            attn = self.softmax(attn)  # QL109
        x = (attn @ v).transpose(1, 2).reshape(B_, N, C)  # QL105
        return self.proj(x)


class Block(nn.Module):
    def __init__(self, d, h=2, ws=2, shift=0, norm_layer=nn.LayerNorm, drop_path=0.1):
        super().__init__()
        self.norm1 = norm_layer(d)
        self.attn = WinAttn(d, h, ws)
        self.mlp = Mlp(d, act_layer=nn.ReLU)
        self.norm2 = norm_layer(d)
        self.ws = ws
        self.shift = shift
        self.drop_path = nn.Dropout(drop_path) if drop_path > 0.0 else nn.Identity()
        if shift > 0:
            img_mask = torch.zeros((1, 4, 4, 1))
            mw = img_mask.view(-1, 4)
            am = mw.unsqueeze(1) - mw.unsqueeze(2)
            am = am.masked_fill(am != 0, float(-100.0))
        else:
            am = None
        self.register_buffer("attn_mask", am)

    def forward(self, x):
        B, L, C = x.shape
        shortcut = x
        x = self.norm1(x).view(B, 4, 4, C)
        x = x.view(B, 2, 2, 2, 2, C).permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, 4, C)
        x = self.attn(x, mask=self.attn_mask)
        x = x.view(B, L, C)
        x = shortcut + self.drop_path(x)  # QL101
        x = x + self.drop_path(self.mlp(self.norm2(x)))  # QL101
        return x


class Swin(nn.Module):
    def __init__(self, depth=2):
        super().__init__()
        self.pe = nn.Conv2d(3, 8, 2, 2)
        dpr = [x.item() for x in torch.linspace(0, 0.1, depth)]
        self.blocks = nn.ModuleList(
            [Block(8, shift=0 if (i % 2 == 0) else 1, drop_path=dpr[i]) for i in range(depth)]
        )
        self.cls = nn.Parameter(torch.zeros(1, 1, 8))
        self.pos = nn.Parameter(torch.zeros(1, 16, 8))
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 2)
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        x = self.pe(self.q(x)).flatten(2).transpose(1, 2)
        x = x + self.pos  # QL101
        for b in self.blocks:
            x = b(x)
        x = self.norm(x).mean(1)
        return self.dq(self.head(x))


def make():
    return Swin(), (torch.rand(1, 3, 8, 8),)
