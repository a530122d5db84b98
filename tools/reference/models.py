"""Small vision transformers in the spellings that real code bases use, since each exports to a different graph.

Every model maps images [B, 3, S, S] to pooled features [B, D], or to (pooled, last_hidden_state [B, T, W]).
Module names follow the code base that a spelling comes from; widths are tiny.
"""
import math

import torch
from torch import nn
import torch.nn.functional as F


class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class NewGelu(nn.Module):
    """The tanh approximation written out, as in GPT-2."""

    def forward(self, x):
        return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


class DivideGelu(nn.Module):
    """Exact GELU written out: x * 0.5 * (1 + erf(x / sqrt 2))."""

    def forward(self, x):
        return x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0)))


ACTIVATIONS = {
    "gelu": nn.GELU,
    "tanh": lambda: nn.GELU(approximate="tanh"),
    "new": NewGelu,
    "divide": DivideGelu,
    "quick": QuickGelu,
    "relu": nn.ReLU,
    "silu": nn.SiLU,
}


class Mlp(nn.Module):
    def __init__(self, width, hidden, act):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.act = ACTIVATIONS[act]()
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


# --- CLIP: separate projections, query scaled first, bmm over (batch * heads) ---


class ClipAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.width, self.heads, self.scale = width, heads, (width // heads) ** -0.5
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def split(self, x, tokens, batch):
        return x.view(batch, tokens, self.heads, self.width // self.heads).transpose(1, 2).contiguous()

    def forward(self, x):
        b, t, w = x.size()
        flat = (b * self.heads, -1, w // self.heads)
        q = self.split(self.q_proj(x) * self.scale, t, b).view(*flat)
        k = self.split(self.k_proj(x), -1, b).view(*flat)
        v = self.split(self.v_proj(x), -1, b).view(*flat)
        p = F.softmax(torch.bmm(q, k.transpose(1, 2)), dim=-1)
        p = F.dropout(p, p=0.0, training=self.training)
        y = torch.bmm(p, v).view(b, self.heads, t, w // self.heads).transpose(1, 2).reshape(b, t, w)
        return self.out_proj(y)


class ClipLayer(nn.Module):
    def __init__(self, width, heads, hidden, act):
        super().__init__()
        self.self_attn = ClipAttention(width, heads)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = Mlp(width, hidden, act)
        self.layer_norm2 = nn.LayerNorm(width)

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class ClipEmbeddings(nn.Module):
    def __init__(self, width, size, patch):
        super().__init__()
        tokens = (size // patch) ** 2 + 1
        self.class_embedding = nn.Parameter(torch.randn(width))
        self.patch_embedding = nn.Conv2d(3, width, patch, patch, bias=False)
        self.position_embedding = nn.Embedding(tokens, width)
        self.register_buffer("position_ids", torch.arange(tokens).expand((1, -1)))

    def forward(self, images):
        b = images.shape[0]
        x = self.patch_embedding(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(b, 1, -1), x], dim=1)
        return x + self.position_embedding(self.position_ids)


class ClipEncoder(nn.Module):
    def __init__(self, width, heads, hidden, depth, act):
        super().__init__()
        self.layers = nn.ModuleList(ClipLayer(width, heads, hidden, act) for _ in range(depth))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class ClipVision(nn.Module):
    def __init__(self, width, heads, hidden, depth, size, patch, act):
        super().__init__()
        self.embeddings = ClipEmbeddings(width, size, patch)
        self.pre_layrnorm = nn.LayerNorm(width)
        self.encoder = ClipEncoder(width, heads, hidden, depth, act)
        self.post_layernorm = nn.LayerNorm(width)

    def forward(self, images):
        x = self.encoder(self.pre_layrnorm(self.embeddings(images)))
        return x, self.post_layernorm(x[:, 0, :])


class HubClip(nn.Module):
    """Named as the hub's CLIP vision tower with projection."""

    def __init__(self, width=32, heads=4, hidden=64, depth=2, size=32, patch=8, out=24, act="quick", both=True):
        super().__init__()
        self.both = both
        self.vision_model = ClipVision(width, heads, hidden, depth, size, patch, act)
        self.visual_projection = nn.Linear(width, out, bias=False)

    def forward(self, images):
        x, pooled = self.vision_model(images)
        pooled = self.visual_projection(pooled)
        return (pooled, x) if self.both else pooled


class FlatClip(nn.Module):
    """The same arithmetic with short names (`layers.0.self_attn.q_proj`) and a parameter for the positions."""

    def __init__(self, width=24, heads=3, hidden=48, depth=2, size=32, patch=8, out=16, act="quick"):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, patch, patch, bias=False)
        self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        self.pos_embed = nn.Parameter(torch.randn(1, (size // patch) ** 2 + 1, width))
        self.ln_pre = nn.LayerNorm(width)
        self.layers = nn.ModuleList(ClipLayer(width, heads, hidden, act) for _ in range(depth))
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.randn(width, out)) if out else None

    def forward(self, images):
        x = self.patch_embed(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed
        x = self.ln_pre(x)
        for layer in self.layers:
            x = layer(x)
        x = self.ln_post(x[:, 0])
        return x if self.proj is None else x @ self.proj


def randomize(model, seed=0, plain=False, twins=False):
    """Values as after training (nothing equal, nothing zero).

    `plain`: zero biases and one norms, as at the start. `twins`: every layer is a copy of the first, as
    nn.TransformerEncoder makes its layers. The exporter stores equal parameters once.
    """
    g = torch.Generator().manual_seed(seed)
    batch_norms = {f"{n}.weight" for n, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)}
    with torch.no_grad():
        for name, p in model.named_parameters():
            r = torch.randn(p.shape, generator=g)
            if name.endswith("bias"):
                p.copy_(r * (0.0 if plain else 0.1))
            elif name in batch_norms or p.dim() == 1 and ("norm" in name or ".ln" in name or name.startswith("ln") or "lambda" in name):
                p.fill_(1.0) if plain else p.copy_(1 + 0.1 * r)
            elif p.dim() >= 2 and not any(w in name for w in ("token", "pos", "embedding.weight")):
                p.copy_(r / math.sqrt(max(1, p[0].numel())))
            else:
                p.copy_(r * 0.3)
        if twins:
            state = model.state_dict()
            for name in state:
                state[name] = state.get(name.replace("layers.1.", "layers.0."), state[name])
            model.load_state_dict(state)
    return model.eval()
