"""Backbones other than plain vision transformers: a residual CNN and a windowed, shifted, merging transformer."""
import torch
from torch import nn
import torch.nn.functional as F


class BasicBlock(nn.Module):
    def __init__(self, inside, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or inside != out:
            self.downsample = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class TinyResNet(nn.Module):
    """Named as torchvision's ResNet-18, with one block a stage. Running statistics differ from the identity."""

    def __init__(self, width=8, stages=2, **_):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        for i in range(stages):
            block = BasicBlock(width * 2 ** max(i - 1, 0), width * 2**i, 2 if i else 1)
            setattr(self, f"layer{i + 1}", nn.Sequential(block))
        self.stages = stages
        generator = torch.Generator().manual_seed(5)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.copy_(0.2 * torch.randn(module.num_features, generator=generator))
                module.running_var.copy_(0.5 + torch.rand(module.num_features, generator=generator))

    def forward(self, images):
        x = F.relu(self.bn1(self.conv1(images)))
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        return x.mean(dim=(2, 3))


class WindowAttention(nn.Module):
    def __init__(self, width, heads, window):
        super().__init__()
        self.heads, self.window = heads, window
        self.qkv = nn.Linear(width, width * 3)
        self.proj = nn.Linear(width, width)
        self.relative_position_bias_table = nn.Parameter(torch.randn((2 * window - 1) ** 2, heads))
        at = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
        apart = at[:, :, None] - at[:, None, :] + window - 1
        self.register_buffer("relative_position_index", (apart[0] * (2 * window - 1) + apart[1]).flatten())

    def forward(self, x, mask):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        bias = self.relative_position_bias_table[self.relative_position_index].view(n, n, self.heads).permute(2, 0, 1)
        scores = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1) + bias
        if mask is not None:
            windows = mask.shape[0]
            scores = scores.view(b // windows, windows, self.heads, n, n) + mask[None, :, None]
            scores = scores.view(b, self.heads, n, n)
        return self.proj((scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(b, n, c))


class SwinMlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class SwinBlock(nn.Module):
    """`shift`: rows and columns that the windows are moved by; what then meets across the border is masked."""

    def __init__(self, width, heads, side, window, shift):
        super().__init__()
        self.side, self.window, self.shift = side, window, shift
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = WindowAttention(width, heads, window)
        self.mlp = SwinMlp(width)
        mask = None
        if shift:
            zone = torch.zeros(side, side)
            for i, rows in enumerate((slice(-window), slice(-window, -shift), slice(-shift, None))):
                for j, columns in enumerate((slice(-window), slice(-window, -shift), slice(-shift, None))):
                    zone[rows, columns] = 3 * i + j
            zone = self.split(zone[None, :, :, None]).squeeze(-1)
            mask = (zone[:, None, :] != zone[:, :, None]) * -100.0
        self.register_buffer("attn_mask", mask, persistent=False)

    def split(self, x):
        w, n = self.window, self.side // self.window
        return x.view(-1, n, w, n, w, x.shape[-1]).permute(0, 1, 3, 2, 4, 5).reshape(-1, w * w, x.shape[-1])

    def join(self, x):
        w, n = self.window, self.side // self.window
        return x.view(-1, n, n, w, w, x.shape[-1]).permute(0, 1, 3, 2, 4, 5).reshape(-1, self.side, self.side, x.shape[-1])

    def forward(self, x):
        y = self.norm1(x)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        y = self.join(self.attn(self.split(y), self.attn_mask))
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        x = x + y
        return x + self.mlp(self.norm2(x))


class PatchMerging(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduction = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x):
        parts = [x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
        return self.reduction(self.norm(torch.cat(parts, -1)))


class SwinStage(nn.Module):
    def __init__(self, width, heads, side, window, last):
        super().__init__()
        shifts = (0,) if side == window else (0, window // 2)
        self.blocks = nn.ModuleList(SwinBlock(width, heads, side, window, s) for s in shifts)
        self.downsample = None if last else PatchMerging(width)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x if self.downsample is None else self.downsample(x)


class TinySwin(nn.Module):
    """Two stages over 8 x 8 patches: a pair of windowed blocks, plain and shifted; a merging; one block of a single window."""

    def __init__(self, width=8, heads=2, size=16, patch=2, window=4):
        super().__init__()
        side = size // patch
        self.patch_embed = nn.Conv2d(3, width, patch, patch)
        self.layers = nn.ModuleList(
            [SwinStage(width, heads, side, window, False), SwinStage(2 * width, heads, side // 2, window, True)]
        )
        self.norm = nn.LayerNorm(2 * width)

    def forward(self, images):
        x = self.patch_embed(images).permute(0, 2, 3, 1)
        for stage in self.layers:
            x = stage(x)
        return self.norm(x).mean(dim=(1, 2))
