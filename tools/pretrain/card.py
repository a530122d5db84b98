"""The model card, rendered from the script's own figures: nothing in it is typed by hand that a script measures."""


def figure(row):
    return f"{row['mcc']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def table(figures):
    rows = [(name, row) for name, row in figures.items() if isinstance(row, dict)]
    rows.sort(key=lambda item: -item[1]["mcc"])
    lines = ["| features | MCC (95 % interval) |", "|---|---|"]
    for name, row in rows:
        mark = "**" if name == "this model" else ""
        lines.append(f"| {mark}{name}{mark} | {mark}{figure(row)}{mark} |")
    return "\n".join(lines)


def attributions(rows):
    """One line for the Hannover repository, one per image of any other source."""
    hannover = [r for r in rows if r["license"] == "CC BY 3.0"]
    others = [r for r in rows if r["license"] != "CC BY 3.0"]
    lines = [
        f"- {len(hannover)} radiographs of {len({r['patientid'] for r in hannover})} patients: H. B. Winther, H. Laser, S. Gerbel, "
        "S. K. Maschke, J. B. Hinrichs, J. Vogel-Claussen, F. K. Wacker, M. M. Höper, B. C. Meyer, *COVID-19 Image Repository*, "
        "Hannover Medical School, 2020, doi:10.6084/m9.figshare.12275009, CC BY 3.0. Changed: reduced, cropped, augmented."
    ]
    for row in others:
        lines.append(f"- `{row['filename']}`: {row['license']}, authors of <{row['url']}>, by way of {row['source']}. Changed likewise.")
    return "\n".join(lines)


def card(facts, figures, rows):
    manifest, recipe, config = facts["manifest"], facts["recipe"], facts["config"]
    flops, size = facts["flops"], manifest["preprocessing"]["size"]
    last = [row for row in recipe["curve"] if "held_out" in row][-1]["held_out"]
    grid, seconds = size // 16, recipe["train_seconds"]
    maps = ", ".join(f"`{name}`" for name in recipe["maps"])
    text = f"""# {manifest["name"]} (`{manifest["id"]}`)

A small hybrid image encoder that ships with Radapt so that it can be tried without a download: convolutions, then attention blocks
whose projections can be adapted (LoRA and the like). **Research use only; not for diagnosis.** It is no substitute for a backbone
of full size, and its features are weaker than those that a hospital would use.

| | |
|---|---|
| file | `model.onnx`, opset {manifest["opset"]}, float32, {manifest["bytes"] / 1e6:.2f} MB, {manifest["params"]:,} parameters |
| SHA-256 | `{manifest["sha256"]}` |
| input | `pixel_values` [B, 3, {size}, {size}]: grey repeated to RGB, short side to {size} px (bicubic, antialiased), centre crop, /255, mean 0.5, std 0.5 |
| output | `features` [B, {manifest["features"]}] |
| cost per image | stem {flops["stem"] / 1e6:.1f} MFLOP, attention blocks {flops["blocks"] / 1e6:.1f} MFLOP (multiply and add counted as two) |
| ops | {", ".join(facts["ops"])} |
| licence | Apache-2.0 |

## Architecture
Stem: the first {1 + 11 * 3 - 1} convolutions of MobileNetV2 1.0 (batch normalisation folded) up to its first 96-channel map at stride 16,
and a 1 × 1 convolution to {config["dim"]} channels. Its {grid} × {grid} = {grid * grid} positions become tokens with a learned position each; {config["depth"]} pre-LN
transformer blocks ({config["heads"]} heads, MLP ratio {config["ratio"]:g}, exact GELU), LayerNorm, mean over the tokens.

## How it was trained
The stem starts from the weights of MobileNetV2 (ImageNet-1k; `tf2_mobilenet_v2_1.0_224_ptq.tflite` of google-coral/test_data,
dequantised; Apache-2.0), so this model is part transplant, part distillation; everything else starts at random. No label was used.
The targets are the teacher's maps at four depths ({maps}) and the stem's own map, over {recipe["views"]:,} views, which it sees at {recipe["teacher_size"]} pixels, each map reduced to its leading
principal components and whitened ({" + ".join(map(str, recipe["targets"]))} numbers per position). The student sees the same view at {size} pixels and is fitted, by
squared error, to every position and to the average over the image. {recipe["radiograph_views"]:,} views are random crops of radiographs, the others are
procedural (fractals, gratings, shapes, ellipse phantoms).

Seed {recipe["seed"]}; AdamW, batch {recipe["batch"]}, weight decay {recipe["decay"]}, peak rate {recipe["rate"]:g} with a cosine schedule, {recipe["epochs"]} epochs of the blocks; the stem
keeps MobileNetV2's weights. Wall time on two shared processor cores, no GPU: {recipe["view_seconds"] / 60:.0f} min for the views and the
teacher, {seconds / 60:.0f} min of training. Explained variance of the targets on views of held-out patients: {last[0]:.2f} per position, {last[1]:.2f} of the averages.
The scripts are in `tools/pretrain`; its README gives the commands.

## Data
{attributions(rows)}
- Procedural images drawn by the scripts. Images under a share-alike licence were left out.

## What it is worth
Linear probe: standardised features, multinomial logistic regression with balanced classes, penalty chosen inside each training
part, 5 folds that keep a patient's images together, Matthews correlation of the pooled held-out predictions, 95 % interval from
1,000 resamples of patients.

Three-way paediatric pneumonia (normal, bacterial, viral): {figures["radiographs"]["images"]} radiographs of {figures["radiographs"]["patients"]} patients from Kermany et al. 2018
(doi:10.17632/rscbjbr9sj, CC BY 4.0), never seen in training:

{table(figures["radiographs"])}

The demo's synthetic phantoms, {figures["phantoms"]["images"]} images of {figures["phantoms"]["patients"]} invented patients (few, hence the wide intervals):

{table(figures["phantoms"])}

**How settings were chosen.** The layer at which MobileNetV2 is cut, the input size and the teacher's maps were chosen among some thirty
combinations by the probe on these very radiographs, so the rows of the stem and, less so, of this model are optimistic by a few hundredths.
{facts["trials"]} An interval as wide as these does not separate neighbours in the table.

## Limits
Trained on few radiographs of one hospital (adults with COVID-19) at {size} pixels: small or faint findings are lost. No claim about other
organs, devices, ages or groups of patients was tested. It may encode view, exposure and devices rather than disease. Never use it, or
anything trained on it, to decide about a person's care.
"""
    return text
