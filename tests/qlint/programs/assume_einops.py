"""Transformers that are written with einops."""

import torch
from torch import nn, einsum
from einops import rearrange, repeat, pack, unpack
from einops.layers.torch import Rearrange


class Clone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 1)
    def forward(self, x):
        y = x.clone()
        x = self.conv(x)
        x = rearrange(x, 'b d (h ph) (w pw) -> b (ph pw) (h w) d', ph=2, pw=2)
        return torch.cat((x, y), 1)  # QL106

class Lambda(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Linear(1, 1)
    def forward(self, a, b):
        a, b = self.conv(a), self.conv(b)  # QL203
        c, d = map(lambda t: t[:, 0], (a, b))
        c = c + d  # QL101
        q, k = map(lambda t: rearrange(t, 'b'), (a, b))
        sim = einsum('b h', q, k) * 1  # QL105, QL107
        out = einsum('a b', sim, q)  # QL105
        return out + 1  # QL107

class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(1, 1)
        self.k = nn.Linear(1, 1)
    def forward(self, a, pos):
        sin, cos = pos
        q, k = self.q(a), self.k(a)
        (q_cls, q), (k_cls, k) = map(lambda t: (t[:, :1], t[:, 1:]), (q, k))
        (q, q_pass), (k, k_pass) = map(lambda t: (t[..., :3], t[..., 3:]), (q, k))
        q, k = map(lambda t: (t * cos) + t, (q, k))  # QL101, QL103
        q, k = map(lambda t: torch.cat(t, dim=-1), ((q, q_pass), (k, k_pass)))  # QL106
        return torch.cat((q_cls, q), dim = 1)  # QL106

class Pack(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(1, 1)
    def forward(self, a):
        x, ps = pack([self.q(a)], 'b * d')
        x = x + 1.0  # QL107
        x = unpack(x, ps, 'b * d')[0]
        return x * x  # QL103

class Split(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(1, 1)
        self.to_kv = nn.Linear(1, 1)
        self.use = True
    def forward(self, x, fmap_dims):
        b, n, _, h = *x.shape, 3
        kw = {'fmap_dims': fmap_dims} if self.use else {}
        q = self.q(x)
        qkv = (q, *self.to_kv(x).chunk(2, dim = -1))
        q, k, v = map(lambda t: rearrange(t, 'b n (h d) -> (b h) n d', h = h), qkv)
        return k + v  # QL101

class Seq(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        for i in range(3):
            is_first = i == 0
            layers.extend([
                Rearrange("a b") if not is_first else nn.Identity(),
                nn.Unfold(kernel_size = 1),
                Rearrange('b c n -> b n c')])
        layers.append(nn.Linear(1, 1))
        self.to = nn.Sequential(*layers)
        self.cls_token = nn.Parameter(torch.randn(1, 1, 3))
    def forward(self, img):
        x = self.to(img)  # QL109
        b, n, _ = x.shape
        cls_tokens = repeat(self.cls_token, '() n d -> b n d', b = b)
        return torch.cat((cls_tokens, x), dim=1)  # QL106

class Slices(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.down = nn.Conv2d(1, 1, 1)
        self.cls_ff = nn.Linear(dim, dim * 2)
    def forward(self, x):
        cls_token, tokens = x[:, :1], x[:, 1:]
        cls_token = self.cls_ff(cls_token)
        tokens = self.down(tokens)
        return torch.cat((cls_token, tokens), dim = 1)  # QL106

class Others(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(1, 1)
        self.b = nn.Linear(1, 1)
    def forward(self, x):
        import einops
        a = self.a(x)
        b = self.b(x)
        c = einops.reduce(a, 'b c h w -> b c', 'mean')  # QL108
        m = einops.reduce(a, 'b c h w -> b c', reduction='max')  # QL108
        d = c + m  # QL101
        e = einops.rearrange([a, b], 'n b c -> b n c')  # QL106
        f = einops.einsum(a, b, 'b c, b d -> b')  # QL105
        g, ps = einops.pack([a, b], '* d')  # QL106
        h, i = einops.unpack(g, ps, '* d')
        return h + i, d, e, f  # QL101
