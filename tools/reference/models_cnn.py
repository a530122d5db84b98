"""Small convolutional and hierarchical backbones: torchvision's own classes where their settings go low enough, else its
blocks (or the original code's structure) at small width. All map images [B, 3, S, S] to features [B, D].
"""
from collections import OrderedDict
from functools import partial

import torch
from torch import nn
import torch.nn.functional as F
from torchvision.models.convnext import CNBlockConfig, ConvNeXt as TorchvisionConvNext
from torchvision.models.densenet import DenseNet as TorchvisionDenseNet
from torchvision.models.efficientnet import EfficientNet as TorchvisionEfficientNet, MBConvConfig
from torchvision.models.mobilenetv2 import InvertedResidual
from torchvision.models.mobilenetv3 import InvertedResidualConfig, MobileNetV3 as TorchvisionMobileNetV3
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.models.swin_transformer import SwinTransformer


def with_statistics(model, seed=5):
    """Running statistics as after training: means around 0, variances around 1."""
    g = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(0.1 * torch.randn(module.num_features, generator=g))
            module.running_var.copy_(0.5 + torch.rand(module.num_features, generator=g))
    return model


class ResNet(nn.Module):
    """torchvision's layout and blocks; `deep` takes Bottleneck blocks."""

    def __init__(self, width=6, deep=False, depths=(1, 1)):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        block, inner = (Bottleneck, width) if deep else (BasicBlock, width)
        channels = width
        for i, depth in enumerate(depths):
            planes, stride = inner * 2**i, 1 if i == 0 else 2
            layers = []
            for k in range(depth):
                step = stride if k == 0 else 1
                out = planes * block.expansion
                project = None
                if step != 1 or channels != out:
                    project = nn.Sequential(nn.Conv2d(channels, out, 1, step, bias=False), nn.BatchNorm2d(out))
                layers.append(block(channels, planes, step, project))
                channels = out
            setattr(self, f"layer{i + 1}", nn.Sequential(*layers))
        self.stages = len(depths)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        with_statistics(self)

    def forward(self, images):
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        return torch.flatten(self.avgpool(x), 1)


def dense_net():
    """Pre-activation blocks joined by concatenation, average pools between them."""
    return with_statistics(TorchvisionDenseNet(4, (2, 2), 8, 2, 0, 12))


class MobileNetV1(nn.Module):
    """Depthwise and pointwise convolutions in turn, each normalised."""

    def __init__(self, widths=(8, 16, 16, 24)):
        super().__init__()
        layers = [nn.Conv2d(3, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            layers += [nn.Conv2d(a, a, 3, 1 + i % 2, 1, groups=a, bias=False), nn.BatchNorm2d(a), nn.ReLU()]
            layers += [nn.Conv2d(a, b, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        with_statistics(self)

    def forward(self, images):
        return self.features(images).mean([2, 3])


class MobileNetV2(nn.Module):
    """torchvision's inverted residuals (ReLU6) behind a small stem."""

    def __init__(self):
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6(inplace=True))
        blocks = [InvertedResidual(8, 8, 1, 1), InvertedResidual(8, 12, 2, 3), InvertedResidual(12, 12, 1, 3)]
        self.features = nn.Sequential(stem, *blocks)
        with_statistics(self)

    def forward(self, images):
        return F.adaptive_avg_pool2d(self.features(images), (1, 1)).flatten(1)


def mobile_net_v3():
    """Hard swish, hard sigmoid, squeeze-and-excitation."""
    settings = [
        InvertedResidualConfig(8, 3, 16, 8, True, "RE", 2, 1, 1.0),
        InvertedResidualConfig(8, 5, 24, 16, True, "HS", 2, 1, 1.0),
        InvertedResidualConfig(16, 3, 24, 16, False, "HS", 1, 1, 1.0),
    ]
    return with_statistics(TorchvisionMobileNetV3(settings, 32, 12))


def efficient_net():
    """SiLU and squeeze-and-excitation."""
    settings = [MBConvConfig(1, 3, 1, 8, 8, 1), MBConvConfig(4, 5, 2, 8, 12, 2)]
    return with_statistics(TorchvisionEfficientNet(settings, 0.0, 0.0, 12))


def conv_next():
    """7×7 depthwise convolutions, channels-last layer norms, LayerScale."""
    return TorchvisionConvNext([CNBlockConfig(8, 16, 2), CNBlockConfig(16, None, 1)], 0.0, 0.5, 12)


def swin(width=12, depth=2):
    """Windows of 4×4 on 8×8 tokens, the second block shifted; patch merging to 4×4 tokens."""
    return SwinTransformer([4, 4], width, [2, depth], [2, 4], [4, 4], num_classes=12)


class AttentionPool(nn.Module):
    """CLIP's pooling: the mean token attends to all places. OpenAI's module names."""

    def __init__(self, side, width, heads, out):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.randn(side * side + 1, width) / width**0.5)
        self.k_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.c_proj = nn.Linear(width, out)
        self.heads = heads

    def forward(self, x):
        x = x.flatten(2).permute(2, 0, 1)
        x = torch.cat([x.mean(dim=0, keepdim=True), x], dim=0) + self.positional_embedding[:, None, :]
        x, _ = F.multi_head_attention_forward(
            query=x[:1], key=x, value=x, embed_dim_to_check=x.shape[-1], num_heads=self.heads,
            q_proj_weight=self.q_proj.weight, k_proj_weight=self.k_proj.weight, v_proj_weight=self.v_proj.weight,
            in_proj_weight=None, in_proj_bias=torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias]),
            bias_k=None, bias_v=None, add_zero_attn=False, dropout_p=0.0, out_proj_weight=self.c_proj.weight,
            out_proj_bias=self.c_proj.bias, use_separate_proj_weight=True, training=False, need_weights=False,
        )
        return x[0]


class ClipBottleneck(nn.Module):
    """CLIP's: strides are average pools, before the last convolution and in the shortcut."""

    def __init__(self, channels, planes, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False), nn.BatchNorm2d(planes)
        self.avgpool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.conv3, self.bn3 = nn.Conv2d(planes, planes * 4, 1, bias=False), nn.BatchNorm2d(planes * 4)
        self.relu = nn.ReLU(inplace=True)
        parts = [("-1", nn.AvgPool2d(stride)), ("0", nn.Conv2d(channels, planes * 4, 1, bias=False))]
        self.downsample = nn.Sequential(OrderedDict([*parts, ("1", nn.BatchNorm2d(planes * 4))]))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(self.avgpool(y)))
        return self.relu(y + self.downsample(x))


class ClipResNet(nn.Module):
    def __init__(self, width=6, size=32):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.avgpool = nn.AvgPool2d(2)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = nn.Sequential(ClipBottleneck(width, width, 2))
        self.attnpool = AttentionPool(size // 8, 4 * width, 3, 16)
        with_statistics(self)

    def forward(self, images):
        x = self.relu(self.bn1(self.conv1(images)))
        x = self.avgpool(self.relu(self.bn2(self.conv2(x))))
        return self.attnpool(self.layer1(x))


class MobileVitBlock(nn.Module):
    """Local convolutions, a transformer over the pixels of equal place in each 2×2 patch, fusion. arXiv 2110.02178"""

    def __init__(self, channels, width, patch=2):
        super().__init__()
        self.patch = patch
        self.conv_kxk = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.conv_1x1 = nn.Conv2d(channels, width, 1, bias=False)
        self.transformer = nn.TransformerEncoderLayer(width, 2, 2 * width, 0.0, F.silu, batch_first=True, norm_first=True)
        self.conv_proj = nn.Conv2d(width, channels, 1)
        self.conv_fusion = nn.Conv2d(2 * channels, channels, 3, padding=1)

    def forward(self, x):
        y = self.conv_1x1(F.silu(self.norm(self.conv_kxk(x))))
        b, c, h, w = y.shape
        p = self.patch
        y = y.reshape(b * c * h // p, p, w // p, p).transpose(1, 2).reshape(b, c, h * w // p**2, p * p)
        y = self.transformer(y.transpose(1, 3).reshape(b * p * p, h * w // p**2, c))
        y = y.reshape(b, p * p, h * w // p**2, c).transpose(1, 3)
        y = y.reshape(b * c * h // p, w // p, p, p).transpose(1, 2).reshape(b, c, h, w)
        return self.conv_fusion(torch.cat([x, F.silu(self.conv_proj(y))], dim=1))


class MobileVit(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.SiLU())
        self.stage = InvertedResidual(8, 12, 2, 2)
        self.block = MobileVitBlock(12, 16)
        self.norm = nn.GroupNorm(3, 12)
        with_statistics(self)

    def forward(self, images):
        return self.norm(self.block(self.stage(self.stem(images)))).mean(dim=(2, 3))


class Siglip(nn.Module):
    """SigLIP's tower: patches without a class token, tanh GELU, pooling by a learned probe that attends to all tokens."""

    def __init__(self, width=24, heads=3, size=32, patch=8):
        super().__init__()
        self.patch_embedding = nn.Conv2d(3, width, patch, patch)
        self.position_embedding = nn.Parameter(torch.randn(1, (size // patch) ** 2, width))
        act = partial(F.gelu, approximate="tanh")
        layer = partial(nn.TransformerEncoderLayer, width, heads, 2 * width, 0.0, act, batch_first=True, norm_first=True)
        self.layers = nn.ModuleList(layer() for _ in range(2))
        self.post_layernorm = nn.LayerNorm(width)
        self.probe = nn.Parameter(torch.randn(1, 1, width))
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.layernorm = nn.LayerNorm(width)
        self.fc1, self.fc2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, images):
        x = self.patch_embedding(images).flatten(2).transpose(1, 2) + self.position_embedding
        for layer in self.layers:
            x = layer(x)
        x = self.post_layernorm(x)
        y = self.attention(self.probe.repeat(x.shape[0], 1, 1), x, x, need_weights=False)[0]
        return (y + self.fc2(F.gelu(self.fc1(self.layernorm(y)), approximate="tanh")))[:, 0]


def fuse(model):
    """The model whose convolutions hold the batch normalisation that follows them, as exporters write it in eval mode."""
    for parent in list(model.modules()):
        children = list(parent.named_children())
        for (name, conv), (after, norm) in zip(children, children[1:]):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(parent, name, nn.utils.fusion.fuse_conv_bn_eval(conv, norm))
                setattr(parent, after, nn.Identity())
    return model
