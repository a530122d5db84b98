"""Less usual parts of vision transformers, one flag each: what a hand-written model or a newer architecture may bring."""
import torch
from torch import nn
import torch.nn.functional as F


class RmsNorm(nn.Module):
    """Root-mean-square norm, Zhang & Sennrich 2019, arXiv 1910.07467."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


class FloatNorm(nn.Module):
    """LayerNorm written out by hand with `var` (biased), as in many teaching codes."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        var = x.var(-1, unbiased=False, keepdim=True)
        return (x - mean) / torch.sqrt(var + 1e-5) * self.weight + self.bias


NORMS = {"layer": nn.LayerNorm, "rms": RmsNorm, "hand": FloatNorm}


class SwiGlu(nn.Module):
    """Gated feed-forward with SiLU, as DINOv2's giant model has it (`w12`, `w3`)."""

    def __init__(self, width, hidden):
        super().__init__()
        self.w12 = nn.Linear(width, 2 * hidden)
        self.w3 = nn.Linear(hidden, width)

    def forward(self, x):
        a, b = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.silu(a) * b)


class Attention(nn.Module):
    """`extra`: "rope" (rotary positions), "relbias" (learned bias per offset, gathered by an index buffer), "mask"."""

    def __init__(self, width, heads, side, extra):
        super().__init__()
        self.heads, self.size, self.extra = heads, width // heads, extra
        self.wq = nn.Linear(width, width, bias=False)
        self.wk = nn.Linear(width, width, bias=False)
        self.wv = nn.Linear(width, width, bias=False)
        self.wo = nn.Linear(width, width)
        tokens = side * side
        if extra == "rope":
            angle = torch.arange(tokens)[:, None] * (0.5 ** torch.arange(self.size // 2))[None]
            self.register_buffer("cos", torch.cat([angle.cos()] * 2, -1), persistent=False)
            self.register_buffer("sin", torch.cat([angle.sin()] * 2, -1), persistent=False)
        if extra == "mask":
            self.register_buffer("hidden", torch.ones(tokens + 1, tokens + 1, dtype=torch.bool).triu(1))
        if extra == "relbias":
            self.table = nn.Parameter(torch.randn((2 * side - 1) ** 2, heads))
            at = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
            offset = (at[:, :, None] - at[:, None, :]) + side - 1
            self.register_buffer("index", offset[0] * (2 * side - 1) + offset[1])

    def rotate(self, x):
        a, b = x[..., : self.size // 2], x[..., self.size // 2 :]
        return x * self.cos + torch.cat([-b, a], dim=-1) * self.sin

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = (f(x).view(b, n, self.heads, self.size).transpose(1, 2) for f in (self.wq, self.wk, self.wv))
        if self.extra == "rope":
            q, k = self.rotate(q), self.rotate(k)
        scores = q @ k.transpose(-2, -1) / self.size**0.5
        if self.extra == "relbias":
            bias = self.table[self.index.view(-1)].view(n, n, -1).permute(2, 0, 1).contiguous()
            scores = scores + bias.unsqueeze(0)
        if self.extra == "mask":
            scores = scores.masked_fill(self.hidden, float("-inf"))
        return self.wo((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, width, heads, hidden, side, norm, mlp, extra):
        super().__init__()
        self.ln1 = NORMS[norm](width)
        self.attn = Attention(width, heads, side, extra)
        self.ln2 = NORMS[norm](width)
        self.mlp = SwiGlu(width, hidden) if mlp == "swiglu" else nn.Sequential(
            nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width)
        )

    def forward(self, x):
        x = x + self.attn(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class RareVit(nn.Module):
    """`patches`: "conv", "unfold", "stem" (two convolutions); `pool`: "mean", "max", "adaptive", "l2", "head";
    `repeat`: how often each block is applied, with the same weights.
    """

    def __init__(
        self, width=24, heads=3, hidden=48, depth=2, size=32, patch=8, norm="layer", mlp="plain", extra="", patches="conv",
        pool="mean", positions="learned", token=False, repeat=1,
    ):
        super().__init__()
        side = size // patch
        self.patch, self.patches, self.pool, self.token = patch, patches, pool, token
        self.repeat = repeat
        if patches == "unfold":
            self.embed = nn.Linear(3 * patch * patch, width)
        elif patches == "stem":
            self.embed = nn.Sequential(
                nn.Conv2d(3, 12, 3, 2, 1, bias=False), nn.GELU(), nn.Conv2d(12, width, patch // 2, patch // 2)
            )
        else:
            self.embed = nn.Conv2d(3, width, patch, patch)
        if token:
            self.cls = nn.Parameter(torch.randn(1, 1, width))
        if positions == "learned":
            self.pos = nn.Parameter(torch.randn(1, side * side + token, width))
        else:
            angle = torch.arange(side * side)[:, None] / 10 ** (torch.arange(width // 2) / width)
            self.register_buffer("pos", torch.cat([angle.sin(), angle.cos()], -1)[None], persistent=False)
        self.blocks = nn.ModuleList(Block(width, heads, hidden, side, norm, mlp, extra) for _ in range(depth))
        self.ln_f = NORMS[norm](width)
        if pool == "head":
            self.head = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 16))

    def forward(self, images):
        b = images.size(0)
        if self.patches == "unfold":
            p = self.patch
            x = images.unfold(2, p, p).unfold(3, p, p).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)
            x = self.embed(x)
        else:
            x = self.embed(images).flatten(2).permute(0, 2, 1)
        if self.token:
            x = torch.cat([self.cls.repeat(b, 1, 1), x], dim=1)
        x = x + self.pos
        for block in self.blocks:
            for _ in range(self.repeat):
                x = block(x)
        x = self.ln_f(x)
        if self.pool == "max":
            return x.amax(dim=1)
        if self.pool == "adaptive":
            return F.adaptive_avg_pool1d(x.transpose(1, 2), 1).flatten(1)
        x = x[:, 0] if self.token else x.mean(1)
        if self.pool == "l2":
            return x / x.norm(dim=-1, keepdim=True)
        return self.head(x) if self.pool == "head" else x
