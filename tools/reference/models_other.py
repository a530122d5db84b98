"""Vision transformers from plain modules: nested nn.Sequential (linear patches) and torch's own nn.Transformer layers."""
import torch
from torch import nn

from models import ACTIVATIONS
from models_vit import Container


class Patches(nn.Module):
    """[B, C, H, W] → [B, tokens, patch * patch * C], pixels of a patch in row, column, channel order."""

    def __init__(self, patch):
        super().__init__()
        self.patch = patch

    def forward(self, x):
        b, c, h, w = x.shape
        p = self.patch
        x = x.reshape(b, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1)
        return x.reshape(b, (h // p) * (w // p), p * p * c)


class PlainAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.norm = nn.LayerNorm(width)
        self.attend = nn.Softmax(dim=-1)
        self.to_qkv = nn.Linear(width, width * 3, bias=False)
        self.to_out = nn.Sequential(nn.Linear(width, width), nn.Dropout(0.1))

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = (
            t.reshape(b, n, self.heads, c // self.heads).permute(0, 2, 1, 3)
            for t in self.to_qkv(self.norm(x)).chunk(3, dim=-1)
        )
        p = self.attend(torch.matmul(q, k.transpose(-1, -2)) * self.scale)
        return self.to_out(torch.matmul(p, v).permute(0, 2, 1, 3).reshape(b, n, c))


class FeedForward(nn.Module):
    def __init__(self, width, hidden, act):
        super().__init__()
        self.net = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, hidden), ACTIVATIONS[act](), nn.Dropout(0.1), nn.Linear(hidden, width)
        )

    def forward(self, x):
        return self.net(x)


class PlainBlock(nn.Module):
    def __init__(self, width, heads, hidden, act):
        super().__init__()
        self.attn = PlainAttention(width, heads)
        self.ff = FeedForward(width, hidden, act)

    def forward(self, x):
        x = self.attn(x) + x
        return self.ff(x) + x


class PlainVit(nn.Module):
    """Names such as `layers.0.1.net.1` (`pairs`) or `layers.0.ff.net.1` inside one nn.Sequential; no class token.

    `nested`: the layers lie in a module that is never called, so node scopes lack its name (`transformer`).
    """

    def __init__(self, width=24, heads=2, hidden=48, depth=2, size=32, patch=8, act="gelu", pairs=False, nested=False):
        super().__init__()
        self.pairs, self.nested = pairs, nested
        self.to_patch_embedding = nn.Sequential(
            Patches(patch), nn.LayerNorm(3 * patch * patch), nn.Linear(3 * patch * patch, width), nn.LayerNorm(width)
        )
        self.pos_embedding = nn.Parameter(torch.randn((size // patch) ** 2, width))
        if pairs:
            layers = nn.ModuleList(
                nn.ModuleList([PlainAttention(width, heads), FeedForward(width, hidden, act)]) for _ in range(depth)
            )
        else:
            layers = nn.Sequential(*(PlainBlock(width, heads, hidden, act) for _ in range(depth)))
        if nested:
            self.transformer = Container(layers=layers)
        else:
            self.layers = layers
        self.norm = nn.LayerNorm(width)

    def forward(self, images):
        x = self.to_patch_embedding(images) + self.pos_embedding
        layers = self.transformer.layers if self.nested else self.layers
        if self.pairs:
            for attn, ff in layers:
                x = attn(x) + x
                x = ff(x) + x
        else:
            x = layers(x)
        return self.norm(x.mean(dim=1))


class TorchVit(nn.Module):
    """nn.TransformerEncoder (`in_proj_weight`); `norm_first`: pre-norm, else the original post-norm."""

    def __init__(
        self, width=24, heads=3, hidden=48, depth=2, size=32, patch=8, act="gelu", norm_first=True, batch_first=True
    ):
        super().__init__()
        self.batch_first = batch_first
        self.conv_proj = nn.Conv2d(3, width, patch, patch)
        self.class_token = nn.Parameter(torch.randn(1, 1, width))
        self.pos_embedding = nn.Parameter(torch.randn(1, (size // patch) ** 2 + 1, width))
        layer = nn.TransformerEncoderLayer(
            width, heads, hidden, dropout=0.1, activation=act, batch_first=batch_first, norm_first=norm_first
        )
        self.encoder = nn.TransformerEncoder(layer, depth, nn.LayerNorm(width))

    def forward(self, images):
        x = self.conv_proj(images).flatten(2).permute(0, 2, 1)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1) + self.pos_embedding
        if self.batch_first:
            return self.encoder(x)[:, 0]
        return self.encoder(x.transpose(0, 1))[0]


class MhaBlock(nn.Module):
    """As torchvision's encoder block: nn.MultiheadAttention with weights not returned, an MLP with numbered layers."""

    def __init__(self, width, heads, hidden):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, eps=1e-6)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(0.0), nn.Linear(hidden, width))

    def forward(self, x):
        y = self.ln_1(x)
        y, _ = self.self_attention(y, y, y, need_weights=False)
        x = x + y
        return x + self.mlp(self.ln_2(x))


class TorchvisionVit(nn.Module):
    def __init__(self, width=24, heads=3, hidden=48, depth=2, size=32, patch=8):
        super().__init__()
        self.conv_proj = nn.Conv2d(3, width, patch, patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.encoder = Container(
            layers=nn.Sequential(*(MhaBlock(width, heads, hidden) for _ in range(depth))), ln=nn.LayerNorm(width, eps=1e-6)
        )
        self.encoder.pos_embedding = nn.Parameter(torch.randn(1, (size // patch) ** 2 + 1, width))

    def forward(self, images):
        n, _, h, w = images.shape
        x = self.conv_proj(images)
        x = x.reshape(n, x.shape[1], x.shape[2] * x.shape[3]).permute(0, 2, 1)
        x = torch.cat([self.class_token.expand(n, -1, -1), x], dim=1) + self.encoder.pos_embedding
        return self.encoder.ln(self.encoder.layers(x))[:, 0]
