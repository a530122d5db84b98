"""The list of cases: a model, a method (method.json) and how to export and step. The committed few are marked."""
from functools import partial

import numpy as np

import models as m
import models_cnn as c
import models_other as o
import models_rare as r
import models_vision as w
import models_vit as v


def lora(targets, rank=4, alpha=8, **more):
    return {"peft_type": "LORA", "r": rank, "lora_alpha": alpha, "target_modules": targets, "lora_dropout": 0.1, **more}


PROBE = {"peft_type": "LINEAR_PROBE"}
FULL = {"peft_type": "FULL"}
BITFIT = {"peft_type": "BITFIT"}
SLOW = {"lr": 1e-3}
CASES = []


def case(name, model, method, *, committed=False, plain=False, twins=False, seed=0, **how):
    row = {"name": name, "model": model, "method": method, "how": how}
    CASES.append({**row, "committed": committed, "plain": plain, "twins": twins, "seed": seed})


# Every model x LoRA, full, BitFit and probe x three opsets (LayerNormalization is one op from 17).
SPELLINGS = {
    "flatclip": (m.FlatClip, ["q_proj", "v_proj"]),
    "hubclip": (m.HubClip, ["q_proj", "v_proj"]),
    "dino": (v.HubVit, ["query", "value", "dense"]),
    "hubvit": (partial(v.HubVit, style="vit"), ["query", "value", "dense"]),
    "timm": (v.TimmVit, ["qkv"]),
    "timm-avg": (partial(v.TimmVit, pool="avg", split="index", scale=True), ["qkv", "fc1", "fc2"]),
    "timm-all": (partial(v.TimmVit, pool="all", split="chunk", bias=False), ["qkv", "proj"]),
    "deit-tanh": (partial(v.TimmVit, act="tanh", distilled=True, kind="scaled"), ["qkv", "mlp.fc1"]),
    "relu": (partial(v.TimmVit, act="relu", split="select"), ["qkv"]),
    "plain": (o.PlainVit, ["to_qkv", "net.1"]),
    "pairs": (partial(o.PlainVit, pairs=True), ["to_qkv", "to_out.0"]),
    "uncalled": (partial(o.PlainVit, pairs=True, nested=True), ["to_qkv", "net.4"]),
    "torch-pre": (o.TorchVit, ["linear1", "linear2"]),
    "torch-post": (partial(o.TorchVit, norm_first=False, act="relu", batch_first=False), ["linear1"]),
    "torchvision": (o.TorchvisionVit, ["mlp.0", "mlp.3"]),
}
for name, (model, targets) in SPELLINGS.items():
    for i, opset in enumerate((11, 14, 17)):
        case(f"{name}-lora-op{opset}", model, lora(targets), opset=opset, zero_b=i == 1, seed=i)
        case(f"{name}-full-op{opset}", model, FULL, opset=opset, optimizer=SLOW, plain=i == 1, seed=i)
    case(f"{name}-probe-op14", model, PROBE, class_weights=[1.3, 0.7])
    case(f"{name}-bitfit-op14", model, BITFIT, optimizer=SLOW)

# What a method file, an optimiser or an export can vary.
CLIP = m.FlatClip
case("rslora", CLIP, lora(["q_proj", "v_proj"], use_rslora=True), class_weights=[1.3, 0.7])
case("lora-all-linear", CLIP, lora("all-linear", rank=2, alpha=1))
case("lora-regex", CLIP, lora(r".*layers\.1\.(self_attn\.k_proj|mlp\.fc2)", rank=3, alpha=1))
case("lora-full-name", CLIP, lora(["layers.0.self_attn.out_proj", "fc1"]))
case("lora-conv", CLIP, lora(["patch_embed", "q_proj"], rank=2, alpha=4))
case("lora-conv-timm", v.TimmVit, lora(["patch_embed.proj", "qkv"], rank=2, alpha=4))
PATTERNS = {"rank_pattern": {"layers.1.self_attn.q_proj": 2}, "alpha_pattern": {"v_proj": 3}}
case("lora-patterns", CLIP, lora(["q_proj", "v_proj"], **PATTERNS))
case("lora-visual-projection", m.HubClip, lora(["q_proj", "visual_projection"]))
case("lora-r1-alpha1", CLIP, lora(["q_proj"], rank=1, alpha=1))
case("lora-three-classes", CLIP, lora(["q_proj", "v_proj"]), classes=3, class_weights=[0.5, 2.0, 1.25], batch=6)
case("lora-decay", CLIP, lora(["q_proj", "v_proj"]), optimizer={"weightDecay": 0.3, "betas": [0.8, 0.95]}, steps=8)
case("lora-labels-i32", CLIP, lora(["q_proj", "v_proj"]), labels_type=np.int32)
case("lora-odd-batch", CLIP, lora(["q_proj", "v_proj"]), batch=5)
case("lora-batch-one", CLIP, lora(["q_proj", "v_proj"]), batch=1)
case("full-decay", CLIP, FULL, optimizer={"lr": 0.01, "weightDecay": 0.1}, class_weights=[1.3, 0.7])
case("full-init", CLIP, FULL, optimizer=SLOW, override=["layers.0.mlp.fc1.weight", "layers.1.layer_norm2.bias", "pos_embed"])
case("full-export-batch-one", v.TimmVit, FULL, optimizer=SLOW, export_batch=1)
case("full-dedup-op11", v.HubVit, FULL, optimizer=SLOW, plain=True, opset=11)
case("full-dedup-op17", v.HubVit, FULL, optimizer=SLOW, plain=True, opset=17)
case("full-resize", partial(v.HubVit, resize=6), FULL, optimizer=SLOW, frozen=["embeddings.position_embeddings"])
case("lora-resize", partial(v.HubVit, resize=6), lora(["query", "value"]))
case("full-twins-torch", o.TorchVit, FULL, optimizer=SLOW, twins=True, plain=True)
case("full-twins-clip", CLIP, FULL, optimizer=SLOW, twins=True)
case("lora-twins-clip", CLIP, lora(["q_proj", "fc1"]), twins=True, opset=11)
case("bitfit-plain", CLIP, BITFIT, optimizer=SLOW, plain=True)
for kind in ("sdpa", "einsum"):
    case(f"timm-{kind}-lora", partial(v.TimmVit, kind=kind), lora(["qkv"]))
    case(f"timm-{kind}-full", partial(v.TimmVit, kind=kind), FULL, optimizer=SLOW)
case("timm-qknorm-full", partial(v.TimmVit, norm=True), FULL, optimizer=SLOW)
case("timm-parallel-full", partial(v.TimmVit, parallel=True, scale=True), FULL, optimizer=SLOW)
case("timm-registers-full", partial(v.TimmVit, registers=3, pool="avg"), FULL, optimizer=SLOW)
for act in ("divide", "new", "silu", "quick", "relu", "tanh"):
    case(f"act-{act}-full", partial(CLIP, act=act), FULL, optimizer=SLOW)
for axes in ("all", "none"):
    for name, (model, targets) in SPELLINGS.items():
        case(f"axes-{axes}-{name}-lora", model, lora(targets), axes=axes)
case("no-folding-full", CLIP, FULL, optimizer=SLOW, folding=False)
for opset in (9, 10, 12, 13, 15, 16):
    case(f"opset{opset}-timm-full", v.TimmVit, FULL, optimizer=SLOW, opset=opset)
    case(f"opset{opset}-hubclip-lora", m.HubClip, lora(["q_proj", "v_proj"]), opset=opset)

# Forms that other exporters and simplifiers write.
for name in ("flatclip", "hubclip", "dino", "timm-avg", "torchvision"):
    model, targets = SPELLINGS[name]
    case(f"opset20-{name}-lora", model, lora(targets), opset=17, rewrites=("modern",))
    case(f"opset20-{name}-full", model, FULL, optimizer=SLOW, opset=17, rewrites=("modern",))
for name in ("flatclip", "dino", "timm-avg", "torchvision"):
    model, targets = SPELLINGS[name]
    case(f"scopeless-{name}-lora", model, lora(targets), rewrites=("strip_scopes",))
    case(f"scopeless-{name}-full", model, FULL, optimizer=SLOW, opset=17, plain=True, rewrites=("strip_scopes",))
    # The names of DINOv2's scales and of torchvision's last norm, in a module that is never called, are lost for good.
    if name not in ("dino", "torchvision"):
        case(f"no-identity-{name}-full", model, FULL, optimizer=SLOW, plain=True, rewrites=("strip_identities",))
    case(f"no-identity-{name}-lora", model, lora(targets), plain=True, twins=True, rewrites=("strip_identities",))

# Nearer to real sizes.
BIG = {"width": 192, "heads": 6, "hidden": 768, "size": 64}
case("big-lora", partial(v.TimmVit, **BIG, depth=12), lora(["qkv"], rank=8), size=64, batch=8, opset=17)
case("big-full", partial(m.HubClip, **BIG, depth=4, out=64), FULL, optimizer=SLOW, size=64, batch=8)

# Rarer parts, LoRA and full at two opsets.
RARE = {
    "rms-swiglu": ({"norm": "rms", "mlp": "swiglu", "token": True}, ["wq", "w12"]),
    "hand-norm": ({"norm": "hand"}, ["wq", "wv", "mlp.0"]),
    "rope": ({"extra": "rope", "pool": "max"}, ["wq", "wk"]),
    "relbias": ({"extra": "relbias", "pool": "adaptive"}, ["wq", "wv"]),
    "mask": ({"extra": "mask", "token": True}, ["wq", "wv"]),
    "unfold": ({"patches": "unfold", "pool": "l2"}, ["embed", "wv"]),
    "stem": ({"patches": "stem", "pool": "head"}, ["wq", "head.0"]),
    "repeat": ({"repeat": 2, "depth": 1}, ["wq", "wo"]),
    "sincos": ({"positions": "sincos"}, ["wq", "wo"]),
}
for name, (flags, targets) in RARE.items():
    lost = [f"blocks.{i}.attn.table" for i in (0, 1)] if name == "relbias" else []
    for opset in (11, 17):
        case(f"rare-{name}-lora-op{opset}", partial(r.RareVit, **flags), lora(targets), opset=opset)
        case(f"rare-{name}-full-op{opset}", partial(r.RareVit, **flags), FULL, optimizer=SLOW, opset=opset, frozen=lost)

# Convolutional and hierarchical backbones. Unfused files keep batch normalisation and every name; in fused ones a convolution
# holds the normalisation after it. DenseNet normalises before its convolutions too: those scales stay in any file.
CNN = {
    "resnet": (c.ResNet, ["layer1.0.conv1", "layer2.0.conv2"]),
    "resnet-deep": (partial(c.ResNet, deep=True), ["conv2", "downsample.0"]),
    "densenet": (c.dense_net, ["conv1", "conv2"]),
    "mobilenet1": (c.MobileNetV1, ["features.6", "features.12"]),
    "mobilenet2": (c.MobileNetV2, ["features.0.0", "conv.2"]),
    "mobilenet3": (c.mobile_net_v3, ["features.1.block.2.0", "classifier.0"]),
    "efficientnet": (c.efficient_net, ["classifier.1", "fc1"]),
    "clip-resnet": (c.ClipResNet, ["conv2", "conv3"]),
    "mobilevit": (c.MobileVit, ["conv_1x1", "conv_fusion", "linear1"]),
}
for name, (model, targets) in CNN.items():
    for opset in (11, 17):
        case(f"cnn-{name}-full-op{opset}", model, FULL, optimizer=SLOW, opset=opset, unfused=True, seed=opset)
    case(f"cnn-{name}-bitfit", model, BITFIT, optimizer=SLOW, unfused=True)
    case(f"cnn-{name}-lora", model, lora(targets), unfused=True)
for name in ("resnet", "resnet-deep", "mobilenet1", "mobilenet2", "mobilenet3", "efficientnet"):
    for opset in (11, 17):
        case(f"cnn-{name}-fused-op{opset}", CNN[name][0], FULL, optimizer=SLOW, opset=opset, fused=True)
    case(f"cnn-{name}-fused-bitfit", CNN[name][0], BITFIT, optimizer=SLOW, fused=True)
TABLES = [f"features.{s}.{k}.attn.relative_position_bias_table" for s, n in ((1, 2), (3, 2)) for k in range(n)]
for opset in (11, 17):
    case(f"swin-full-op{opset}", c.swin, FULL, optimizer=SLOW, opset=opset, folding=False, axes="none")
    case(f"swin-folded-op{opset}", c.swin, FULL, optimizer=SLOW, opset=opset, frozen=TABLES, axes="none")
    case(f"swin-lora-op{opset}", c.swin, lora(["mlp.0", "reduction"]), opset=opset)
    case(f"convnext-full-op{opset}", c.conv_next, FULL, optimizer=SLOW, opset=opset)
    case(f"siglip-full-op{opset}", c.Siglip, FULL, optimizer=SLOW, opset=opset)
case("swin-bitfit", c.swin, BITFIT, optimizer=SLOW)
case("convnext-bitfit", c.conv_next, BITFIT, optimizer=SLOW)
case("convnext-lora", c.conv_next, lora(["block.3", "features.2.1"]))
case("siglip-lora", c.Siglip, lora(["linear1", "fc1"]))

# The committed few: 16-pixel images in patches of 4, so that the files stay small.
TINY = {"size": 16, "patch": 4}


def fixture(name, model, method, flags=None, **how):
    case(name, partial(model, **{**TINY, **(flags or {})}), method, committed=True, size=16, **how)


# The same smallest model under each of the first methods: what the self-test ships.
SMALL = {"width": 12, "heads": 2, "hidden": 24}
fixture("small-probe", v.TimmVit, PROBE, SMALL, opset=17, class_weights=[1.3, 0.7])
fixture("small-bitfit", v.TimmVit, BITFIT, SMALL, opset=17, optimizer=SLOW)
fixture("small-lora", v.TimmVit, lora(["qkv", "fc1"], rank=2), SMALL, opset=17)
fixture("small-full", v.TimmVit, FULL, SMALL, opset=17, optimizer=SLOW)

# The losses beside cross-entropy, under all that combines with them.
THREE = {"classes": 3, "batch": 6, "class_weights": [0.5, 2.0, 1.25]}
FOCAL = {"name": "focal", "gamma": 2, "labelSmoothing": 0.1}
ADJUSTED = {"name": "logit-adjusted", "tau": 1, "prior": [0.7, 0.2, 0.1], "labelSmoothing": 0.1}
fixture("loss-focal", v.TimmVit, lora(["qkv", "fc1"], rank=2), SMALL, opset=17, loss=FOCAL, **THREE)
fixture("loss-logit-adjusted", v.TimmVit, lora(["qkv", "fc1"], rank=2), SMALL, opset=17, loss=ADJUSTED, **THREE)

HUB = {"width": 24, "heads": 3, "hidden": 48}
fixture("clip-lora", m.HubClip, lora(["q_proj", "v_proj"]), {**HUB, "out": 16}, opset=14, class_weights=[1.3, 0.7])
fixture("clip-full", m.FlatClip, FULL, opset=17, optimizer=SLOW)
fixture("clip-probe", m.FlatClip, PROBE, opset=11, classes=3, class_weights=[0.5, 2.0, 1.25])
fixture("dino-rslora", v.HubVit, lora(["query", "value", "dense"], use_rslora=True), HUB, opset=11, zero_b=True)
fixture("dino-full", v.HubVit, FULL, HUB, opset=14, optimizer={"lr": 1e-3, "weightDecay": 0.1}, plain=True)
fixture("timm-lora", v.TimmVit, lora(["qkv", "fc1"], rank=2), {"pool": "avg", "scale": True}, opset=17)
fixture("deit-bitfit", v.TimmVit, BITFIT, {"act": "tanh", "distilled": True}, opset=14, optimizer=SLOW)
fixture("sequential-lora", o.PlainVit, lora(["to_qkv", "net.1"]), {"pairs": True, "nested": True}, opset=14)
fixture("torch-full", o.TorchvisionVit, FULL, opset=11, optimizer=SLOW, twins=True, class_weights=[1.3, 0.7])


def cnn_fixture(name, model, method=FULL, **how):
    case(name, model, method, committed=True, optimizer=SLOW, **how)


cnn_fixture("resnet-full", c.ResNet, opset=13, unfused=True)
cnn_fixture("densenet-full", c.dense_net, opset=17, unfused=True)
cnn_fixture("mobilenet2-fused", c.MobileNetV2, opset=14, fused=True)
cnn_fixture("convnext-full", c.conv_next, opset=17)
cnn_fixture("swin-full", partial(c.swin, 8, 0), opset=17, folding=False, axes="none")
cnn_fixture("clip-resnet-full", c.ClipResNet, opset=14, unfused=True)
cnn_fixture("mobilenet2-bitfit", c.MobileNetV2, BITFIT, opset=11, unfused=True)
# One case for each of the other methods: the same smallest model where it has a place for them.
TIMM = ["qkv", "fc1", "fc2"]
IA3 = {"peft_type": "IA3", "target_modules": TIMM, "feedforward_modules": ["fc1", "fc2"]}
VERA = {"peft_type": "VERA", "r": 6, "target_modules": [*TIMM, "attn.proj"], "vera_dropout": 0.1, "d_initial": 0.1}
BOTTLENECK = {"peft_type": "BOTTLENECK", "bottleneck_size": 5, "non_linearity": "gelu"}
RESNET_CONVS = ["conv1", "conv2", "downsample.0"]
fixture("timm-ia3", v.TimmVit, IA3, SMALL, opset=17, class_weights=[1.3, 0.7])
fixture("timm-vera", v.TimmVit, VERA, SMALL, opset=17)
fixture("timm-dora", v.TimmVit, lora(["qkv", "fc1"], rank=2, use_dora=True), SMALL, opset=17)
fixture("timm-lora-bias", v.TimmVit, lora(["qkv", "fc1"], rank=2, bias="all"), SMALL, opset=11, optimizer=SLOW)
fixture("timm-lora-rows", v.TimmVit, lora(["attn.q", "attn.v"], rank=2), SMALL, opset=14)
fixture("timm-ln", v.TimmVit, {"peft_type": "LN_TUNING"}, SMALL, opset=17, optimizer=SLOW)
fixture("timm-ssf", v.TimmVit, {"peft_type": "SSF"}, SMALL, opset=17, optimizer=SLOW)
fixture("timm-bottleneck", v.TimmVit, BOTTLENECK, SMALL, opset=17)
LAST = {"peft_type": "LAST_BLOCKS", "blocks": 1}
fixture("timm-last-blocks", v.TimmVit, LAST, SMALL, opset=17, optimizer=SLOW)


def vpt(deep, prompts=3):
    return {"peft_type": "VPT", "num_virtual_tokens": prompts, "deep": deep, "prompt_dropout": 0.1}


fixture("timm-vpt-deep", v.TimmVit, vpt(True), SMALL, opset=17)
fixture("timm-vpt", v.TimmVit, vpt(False, 2), SMALL, opset=14, class_weights=[1.3, 0.7])
fixture("clip-vpt-deep", m.HubClip, vpt(True), {**HUB, "out": 16}, opset=14)
fixture("clip-vpt", m.HubClip, vpt(False), {**HUB, "out": 16}, opset=11)
PLAIN_VITS = [n for n in SPELLINGS if n not in ("pairs", "uncalled", "torch-post")]
for name in PLAIN_VITS:
    for deep in (False, True):
        kind = "deep" if deep else "shallow"
        for axes in ("batch", "none"):
            case(f"vpt-{kind}-{name}-{axes}", SPELLINGS[name][0], vpt(deep), axes=axes, opset=11 if deep else 17)
for kind in ("sdpa", "einsum"):
    case(f"vpt-shallow-timm-{kind}", partial(v.TimmVit, kind=kind), vpt(False))
    case(f"vpt-deep-timm-{kind}", partial(v.TimmVit, kind=kind), vpt(True))
for flags in ({"norm": True}, {"parallel": True, "scale": True}, {"registers": 3, "pool": "avg"}):
    name = next(iter(flags))
    case(f"vpt-shallow-timm-{name}", partial(v.TimmVit, **flags), vpt(False))
    case(f"vpt-deep-timm-{name}", partial(v.TimmVit, **flags), vpt(True), opset=17)
for deep in (False, True):
    case(f"vpt-{'deep' if deep else 'shallow'}-siglip", c.Siglip, vpt(deep), opset=17)
case("vpt-shallow-sequence-first", partial(o.TorchVit, batch_first=False), vpt(False), opset=17)
case("vpt-deep-sequence-first", partial(o.TorchVit, batch_first=False), vpt(True), axes="none")
# As many images as tokens: 17.
case("vpt-shallow-batch-of-17", partial(o.TorchVit, batch_first=False), vpt(False), batch=17, export_batch=3)
case("vpt-deep-batch-of-17", v.TimmVit, vpt(True), batch=17, axes="none")
TABLE = ["layers.1.blocks.0.attn.relative_position_bias_table"]
fixture("swin-last-blocks", w.TinySwin, LAST, {"patch": 2}, opset=17, optimizer=SLOW, frozen=TABLE)
fixture("resnet-dora", w.TinyResNet, lora(RESNET_CONVS, rank=2, use_dora=True), opset=14, unfused=True)
fixture("resnet-ssf", w.TinyResNet, {"peft_type": "SSF"}, opset=17, optimizer=SLOW, unfused=True)
case("lora-bias-only", CLIP, lora(["q_proj", "fc1"], bias="lora_only"), optimizer=SLOW)
case("dora-clip", CLIP, lora(["q_proj", "v_proj", "patch_embed"], use_dora=True), opset=11)
case("swin-lora", w.TinySwin, lora(["qkv", "fc1"]), size=16, opset=14)
case("resnet-ln", w.TinyResNet, {"peft_type": "LN_TUNING"}, size=16, optimizer=SLOW, unfused=True)
case("resnet-ia3", w.TinyResNet, {"peft_type": "IA3", "target_modules": ["conv1", "conv2"], "feedforward_modules": ["conv2"]}, size=16, unfused=True)
for split in ("index", "chunk", "select"):
    case(f"rows-{split}", partial(v.TimmVit, split=split), lora(["attn.q", "attn.v"]), opset=17)
case("rows-qknorm", partial(v.TimmVit, norm=True), lora(["attn.q", "attn.v"]), opset=14)
case("rows-sdpa", partial(v.TimmVit, kind="sdpa"), lora(["attn.q", "attn.k"]), opset=11)
case("rows-swin", w.TinySwin, lora(["attn.q", "attn.v"]), size=16, opset=14)

# Optimisers, clipping and passes of a few images each, on the self-test's model. The norm of the gradient is now above,
# now below the one that it is clipped to.
SMALL_LORA = lora(["qkv", "fc1"], rank=2)
SGD = {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weightDecay": 0.01}
LION = {"name": "lion", "weightDecay": 0.1}
fixture("small-sgd", v.TimmVit, SMALL_LORA, SMALL, opset=17, optimizer=SGD)
fixture("small-nesterov", v.TimmVit, FULL, SMALL, opset=17, optimizer={**SGD, "lr": 0.02, "nesterov": True})
fixture("small-lion", v.TimmVit, SMALL_LORA, SMALL, opset=17, optimizer=LION)
fixture("small-clip", v.TimmVit, SMALL_LORA, SMALL, opset=17, optimizer=SGD, head_l2=0.3, clip_norm=2.0)
fixture("small-passes", v.TimmVit, FULL, SMALL, opset=17, optimizer=SLOW, batch=5, micro_batch=2, class_weights=[1.3, 0.7])
PASSES = {"batch": 5, "micro_batch": 2, "clip_norm": 0.5}
fixture("resnet-passes", w.TinyResNet, FULL, opset=17, optimizer={"name": "sgd", "lr": 0.02}, unfused=True, **PASSES)
case("lion-full", CLIP, FULL, optimizer={**LION, "betas": [0.95, 0.98]}, class_weights=[1.3, 0.7])
case("sgd-plain", CLIP, FULL, optimizer={"name": "sgd", "lr": 0.05})
case("clip-adamw", CLIP, lora(["q_proj", "v_proj"]), clip_norm=0.2, head_l2=0.1)
