"""radapt-hybrid-xs: the first layers of MobileNetV2 (stride 16) as a stem, then pre-LN attention blocks over its map."""
import torch
from torch import nn


class Separable(nn.Module):
    """Inverted residual of MobileNetV2 with its batch normalisation already folded into the convolutions."""

    def __init__(self, inputs, hidden, outputs, stride):
        super().__init__()
        self.expand = nn.Conv2d(inputs, hidden, 1) if hidden != inputs else None
        self.depthwise = nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden)
        self.project = nn.Conv2d(hidden, outputs, 1)
        self.relu6 = nn.ReLU6()
        self.residual = inputs == outputs and stride == 1

    def forward(self, x):
        y = self.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(self.relu6(self.depthwise(y)))
        return x + y if self.residual else y


# hidden width, output width, stride of the inverted residuals up to the teacher's first 96-channel map (stride 16)
ROWS = [(32, 16, 1), (96, 24, 2), (144, 24, 1), (144, 32, 2), (192, 32, 1), (192, 32, 1), (192, 64, 2),
        (384, 64, 1), (384, 64, 1), (384, 64, 1), (384, 96, 1)]
STEM_OUTPUT = "conv_39"  # the same value in the teacher's graph


def stem():
    layers, width = [nn.Conv2d(3, 32, 3, 2, 1), nn.ReLU6()], 32
    for hidden, outputs, stride in ROWS:
        layers.append(Separable(width, hidden, outputs, stride))
        width = outputs
    return nn.Sequential(*layers), width


def load_stem(module, teacher):
    """Copies the teacher's convolutions in order; padding is symmetric here, which shifts the sampling grid by a pixel."""
    names = [inputs[1] for op, inputs, _, _ in teacher.nodes if op == "Conv"]
    for conv, name in zip((m for m in module.modules() if isinstance(m, nn.Conv2d)), names):
        conv.weight.data.copy_(teacher.weights[name])
        conv.bias.data.copy_(teacher.weights[name.replace("weight", "bias")])


@torch.no_grad()
def load_embed(conv, maps):
    """Begins the token projection with the stem's own channels, standardised over `maps` [V, 96, g, g]; the rest stay random."""
    mean, deviation = maps.mean((0, 2, 3)), maps.std((0, 2, 3))
    width = len(mean)
    conv.weight[:width] = torch.diag(1 / deviation)[:, :, None, None]
    conv.bias[:width] = -mean / deviation


class Attention(nn.Module):
    def __init__(self, dim, heads, tokens):
        super().__init__()
        self.heads, self.tokens, self.dim = heads, tokens, dim
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(dim, dim) for _ in range(4))

    def forward(self, x):
        """x [B, T, D] -> [B, T, D]; -1 stands for the batch so that the exported shapes are constants."""
        def split(y):
            return y.reshape(-1, self.tokens, self.heads, self.dim // self.heads).transpose(1, 2)
        q, k, v = split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x))
        weights = torch.softmax(q @ k.transpose(2, 3) * (self.dim // self.heads) ** -0.5, -1)
        return self.out_proj((weights @ v).transpose(1, 2).reshape(-1, self.tokens, self.dim))


class Mlp(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class Layer(nn.Module):
    def __init__(self, dim, heads, hidden, tokens):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(dim), Attention(dim, heads, tokens)
        self.norm2, self.mlp = nn.LayerNorm(dim), Mlp(dim, hidden)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Student(nn.Module):
    """pixel_values [B, 3, S, S] -> features [B, D]; `tokens` gives the normalised map [B, T, D] before the mean."""

    def __init__(self, size=96, dim=128, depth=3, heads=4, ratio=2):
        super().__init__()
        self.config = {"size": size, "dim": dim, "depth": depth, "heads": heads, "ratio": ratio}
        self.count, self.dim = (size // 16) ** 2, dim
        self.stem, width = stem()
        self.embed = nn.Conv2d(width, dim, 1)
        self.position = nn.Parameter(torch.zeros(1, self.count, dim))
        self.layers = nn.ModuleList(Layer(dim, heads, round(dim * ratio), self.count) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        for layer in self.layers:  # small residual branches: the blocks begin near the identity
            layer.attn.out_proj.weight.data.mul_(0.3)
            layer.mlp.fc2.weight.data.mul_(0.3)
        nn.init.normal_(self.position, std=0.02)

    def attend(self, x):
        """Map of the stem [B, 96, S/16, S/16] -> tokens [B, T, D]"""
        x = self.embed(x).reshape(-1, self.dim, self.count).transpose(1, 2) + self.position
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)

    def tokens(self, x):
        return self.attend(self.stem(x))

    def forward(self, x):
        return self.tokens(x).mean(1)


def flops(student):
    """Multiply-adds times two per image: {stem, blocks}; convolutions, linear layers and the attention products."""
    counts = {"stem": 0, "blocks": 0}

    def hook(module, inputs, output):
        if isinstance(module, nn.Conv2d):
            counts["stem"] += 2 * output[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            counts["blocks"] += 2 * output[0].numel() * module.in_features
        else:
            counts["blocks"] += 4 * module.tokens ** 2 * student.dim

    kinds = (nn.Conv2d, nn.Linear, Attention)
    handles = [m.register_forward_hook(hook) for m in student.modules() if isinstance(m, kinds)]
    with torch.no_grad():
        student(torch.zeros(1, 3, student.config["size"], student.config["size"]))
    for handle in handles:
        handle.remove()
    return counts
