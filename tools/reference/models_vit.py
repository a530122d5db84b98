"""More spellings of the vision transformer: hub ViT and DINOv2, timm, DeiT, a nested nn.Sequential one, nn.Transformer*."""
import math

import torch
from torch import nn
import torch.nn.functional as F

from models import ACTIVATIONS, Mlp


# --- hub ViT / DINOv2: attention.attention.{query,key,value}, attention.output.dense ---


class SelfAttention(nn.Module):
    def __init__(self, width, heads, bias=True):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.query = nn.Linear(width, width, bias=bias)
        self.key = nn.Linear(width, width, bias=bias)
        self.value = nn.Linear(width, width, bias=bias)
        self.dropout = nn.Dropout(0.1)

    def split(self, x):
        return x.view(x.size()[:-1] + (self.heads, self.size)).permute(0, 2, 1, 3)

    def forward(self, x):
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(self.size)
        y = torch.matmul(self.dropout(nn.functional.softmax(scores, dim=-1)), v)
        y = y.permute(0, 2, 1, 3).contiguous()
        return y.view(y.size()[:-2] + (self.heads * self.size,))


class Dense(nn.Module):
    """A submodule that holds only `dense` (and, in the hub's code, a dropout)."""

    def __init__(self, width, out):
        super().__init__()
        self.dense = nn.Linear(width, out)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        return self.dropout(self.dense(x))


class HubAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attention = SelfAttention(width, heads)
        self.output = Dense(width, width)

    def forward(self, x):
        return self.output(self.attention(x))


class LayerScale(nn.Module):
    def __init__(self, width, name="lambda1"):
        super().__init__()
        self.name = name
        setattr(self, name, nn.Parameter(torch.ones(width)))

    def forward(self, x):
        return x * getattr(self, self.name)


class DinoLayer(nn.Module):
    def __init__(self, width, heads, hidden, act):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = HubAttention(width, heads)
        self.layer_scale1 = LayerScale(width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width, hidden, act)
        self.layer_scale2 = LayerScale(width)

    def forward(self, x):
        x = self.layer_scale1(self.attention(self.norm1(x))) + x
        return self.layer_scale2(self.mlp(self.norm2(x))) + x


class VitLayer(nn.Module):
    def __init__(self, width, heads, hidden, act):
        super().__init__()
        self.attention = HubAttention(width, heads)
        self.intermediate = Dense(width, hidden)
        self.act = ACTIVATIONS[act]()
        self.output = Dense(hidden, width)
        self.layernorm_before = nn.LayerNorm(width, eps=1e-12)
        self.layernorm_after = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x):
        x = self.attention(self.layernorm_before(x)) + x
        return self.output(self.act(self.intermediate(self.layernorm_after(x)))) + x


class Container(nn.Module):
    """A module that holds `children` by name and calls nothing itself; it gives names their depth."""

    def __init__(self, **children):
        super().__init__()
        for name, child in children.items():
            setattr(self, name, child)


class HubVit(nn.Module):
    """`style`: "dino" (LayerScale, normalised class token) or "vit" (pooler with tanh). `resize`: resample the positions."""

    def __init__(
        self, width=32, heads=4, hidden=64, depth=2, size=32, patch=8, act="gelu", style="dino", resize=0, both=True
    ):
        super().__init__()
        self.style, self.resize, self.both = style, resize, both
        side = resize or size // patch
        self.embeddings = Container(
            patch_embeddings=Container(projection=nn.Conv2d(3, width, patch, patch)), dropout=nn.Dropout(0.1)
        )
        self.embeddings.cls_token = nn.Parameter(torch.randn(1, 1, width))
        self.embeddings.mask_token = nn.Parameter(torch.zeros(1, width))
        self.embeddings.position_embeddings = nn.Parameter(torch.randn(1, side * side + 1, width))
        layer = DinoLayer if style == "dino" else VitLayer
        self.encoder = Container(layer=nn.ModuleList(layer(width, heads, hidden, act) for _ in range(depth)))
        self.layernorm = nn.LayerNorm(width, eps=1e-6)
        if style == "vit":
            self.pooler = Dense(width, width)

    def positions(self, h, w):
        table = self.embeddings.position_embeddings
        if not self.resize:
            return table
        grid = table[:, 1:].reshape(1, self.resize, self.resize, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(h, w), mode="bicubic", align_corners=False)
        return torch.cat((table[:, :1], grid.permute(0, 2, 3, 1).view(1, -1, table.shape[-1])), dim=1)

    def forward(self, images):
        x = self.embeddings.patch_embeddings.projection(images)
        h, w = int(x.shape[2]), int(x.shape[3])
        x = x.flatten(2).transpose(1, 2)
        x = torch.cat((self.embeddings.cls_token.expand(x.shape[0], -1, -1), x), dim=1)
        x = self.embeddings.dropout(x + self.positions(h, w))
        for layer in self.encoder.layer:
            x = layer(x)
        x = self.layernorm(x)
        pooled = torch.tanh(self.pooler(x[:, 0])) if self.style == "vit" else x[:, 0, :]
        return (pooled, x) if self.both else pooled


# --- timm / DeiT / facebookresearch: one `qkv` matrix ---


class FusedAttention(nn.Module):
    """`split`: "unbind", "index", "chunk" or "tensor_split"; `kind`: "plain", "sdpa" (as newer torch decomposes it)."""

    def __init__(self, width, heads, split, bias, kind="plain", norm=False):
        super().__init__()
        self.heads, self.split, self.kind = heads, split, kind
        self.scale = (width // heads) ** -0.5
        self.qkv = nn.Linear(width, width * 3, bias=bias)
        self.q_norm = nn.LayerNorm(width // heads) if norm else nn.Identity()
        self.k_norm = nn.LayerNorm(width // heads) if norm else nn.Identity()
        self.attn_drop = nn.Dropout(0.0)
        self.proj = nn.Linear(width, width)

    def parts(self, x):
        b, n, c = x.shape
        x = self.qkv(x)
        if self.split == "chunk":
            return (t.reshape(b, n, self.heads, c // self.heads).transpose(1, 2) for t in x.chunk(3, dim=-1))
        x = x.reshape(b, n, 3, self.heads, c // self.heads)
        if self.split == "select":
            return x[:, :, 0].transpose(1, 2), x[:, :, 1].transpose(1, 2), x[:, :, 2].transpose(1, 2)
        x = x.permute(2, 0, 3, 1, 4)
        return x.unbind(0) if self.split == "unbind" else (x[0], x[1], x[2])

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.parts(x)
        q, k = self.q_norm(q), self.k_norm(k)
        if self.kind == "sdpa":
            root = torch.sqrt(1.0 / torch.sqrt(torch._shape_as_tensor(q)[-1].to(q.dtype)))
            scores = (q * root) @ (k.transpose(-2, -1) * root)
        elif self.kind == "einsum":
            scores = torch.einsum("bhid,bhjd->bhij", q, k) * self.scale
        elif self.kind == "scaled":
            scores = (q * self.scale) @ k.transpose(-2, -1)
        else:
            scores = (q @ k.transpose(-2, -1)) * self.scale
        p = self.attn_drop(scores.softmax(dim=-1))
        y = torch.einsum("bhij,bhjd->bhid", p, v) if self.kind == "einsum" else p @ v
        return self.proj(y.transpose(1, 2).reshape(b, n, c))


class TimmBlock(nn.Module):
    def __init__(self, width, heads, hidden, act, split, bias, kind, norm, scale, parallel):
        super().__init__()
        self.parallel = parallel
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = FusedAttention(width, heads, split, bias, kind, norm)
        self.ls1 = LayerScale(width, "gamma") if scale else nn.Identity()
        self.drop_path1 = nn.Identity()
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width, hidden, act)
        self.ls2 = LayerScale(width, "gamma") if scale else nn.Identity()

    def forward(self, x):
        if self.parallel:
            return x + self.ls1(self.attn(self.norm1(x))) + self.ls2(self.mlp(self.norm2(x)))
        x = x + self.drop_path1(self.ls1(self.attn(self.norm1(x))))
        return x + self.ls2(self.mlp(self.norm2(x)))


class PatchEmbed(nn.Module):
    def __init__(self, width, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)
        self.norm = nn.Identity()

    def forward(self, x):
        return self.norm(self.proj(x).flatten(2).transpose(1, 2))


class TimmVit(nn.Module):
    """`pool`: "token", "avg" (mean of the patches, `fc_norm`), "all" (mean without a class token); `prefix` extra tokens."""

    def __init__(
        self, width=24, heads=3, hidden=48, depth=2, size=32, patch=8, act="gelu", split="unbind", bias=True, kind="plain",
        norm=False, scale=False, parallel=False, pool="token", distilled=False, registers=0,
    ):
        super().__init__()
        self.pool, self.distilled, self.registers = pool, distilled, registers
        self.prefix = 0 if pool == "all" else 1 + distilled
        tokens = (size // patch) ** 2
        self.patch_embed = PatchEmbed(width, patch)
        if self.prefix:
            self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        if distilled:
            self.dist_token = nn.Parameter(torch.randn(1, 1, width))
        if registers:
            self.reg_token = nn.Parameter(torch.randn(1, registers, width))
        self.pos_embed = nn.Parameter(torch.randn(1, tokens + self.prefix, width))
        self.pos_drop = nn.Dropout(0.0)
        self.norm_pre = nn.Identity()
        self.blocks = nn.Sequential(
            *(TimmBlock(width, heads, hidden, act, split, bias, kind, norm, scale, parallel) for _ in range(depth))
        )
        self.norm = nn.Identity() if pool == "avg" else nn.LayerNorm(width, eps=1e-6)
        self.fc_norm = nn.LayerNorm(width, eps=1e-6) if pool == "avg" else nn.Identity()
        self.head = nn.Identity()

    def forward(self, images):
        x = self.patch_embed(images)
        b = x.shape[0]
        first = [self.cls_token.expand(b, -1, -1)] if self.prefix else []
        if self.distilled:
            first.append(self.dist_token.expand(b, -1, -1))
        x = self.pos_drop(torch.cat((*first, x), dim=1) + self.pos_embed)
        if self.registers:
            x = torch.cat((x[:, :1], self.reg_token.expand(b, -1, -1), x[:, 1:]), dim=1)
        x = self.norm(self.blocks(self.norm_pre(x)))
        if self.distilled:
            return (x[:, 0] + x[:, 1]) / 2
        x = x[:, 0] if self.pool == "token" else x[:, self.prefix + self.registers :].mean(dim=1)
        return self.head(self.fc_norm(x))
