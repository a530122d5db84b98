/** Writes the README of a downloaded adapter or model. */
import { CONFIG_FILE, TENSORS_FILE } from "../../engine/adapters/checkpoint";
import { CARD_FILE, cardPart, type RunCard } from "./card";

const RESEARCH =
  "**Research use only.** Radapt compares training methods: what it made is no medical device, " +
  "and no care may depend on it.";

function about(card: RunCard): string {
  const { backbone, method, classes, run, radapt, trained } = card;
  const { size, resize, interpolation, crop, mean, std, channels = 3 } = backbone.preprocessing;
  const crops = { crop: "centre crop", pad: "padded to a square with black first", stretch: "both sides stretched" };
  const scaling = `value / 255, mean ${mean.slice(0, channels).join(" ")}, std ${std.slice(0, channels).join(" ")}`;
  return `| | |
|---|---|
| Backbone | ${backbone.name}, SHA-256 \`${backbone.sha256}\` |
| Head input | ${backbone.feature} |
| Method | ${method.label} |
| Classes | ${classes.map((name, i) => `${i}: ${name}`).join(", ")} |
| Images | ${channels} × ${size} × ${size}; resized to ${resize} (${interpolation}), ${crops[crop]}; ${scaling} |
| Trained on | the training images of ${cardPart(card)} (${trained.regime}), seed ${trained.seed} |
| Run | ${run}, Radapt ${radapt} |
`;
}

/** How PEFT takes the files, where it can. */
const peftSnippet = `\`\`\`python
# pip install peft safetensors torch
# backbone: the torch module whose export the adapter was trained on; it gives the head's input [N, D].
import torch
from peft import PeftModel
from safetensors.torch import load_file

classes, width = load_file("adapter_model.safetensors")["base_model.model.classifier.weight"].shape
backbone.classifier = torch.nn.Linear(width, classes)  # where PEFT looks for the head (modules_to_save)
model = PeftModel.from_pretrained(backbone, ".").eval()
feature = model(pixel_values)
probabilities = model.base_model.model.classifier(feature).softmax(-1)
\`\`\``;

const ownSnippet = `\`\`\`python
# pip install safetensors
from safetensors.torch import load_file

tensors = load_file("adapter_model.safetensors")  # names and meaning: docs/adapters.md of Radapt
\`\`\``;

/** @param config adapter_config.json */
export function adapterReadme(card: RunCard, config: Readonly<Record<string, unknown>>): string {
  return `# Adapter: ${card.method.label} on ${card.backbone.name}

${RESEARCH}

${about(card)}
\`${CONFIG_FILE}\` (peft_type ${String(config.peft_type)}) and \`${TENSORS_FILE}\` hold what was learnt, the head among it
(\`base_model.model.classifier\`, with the standardisation of features folded in). \`${CARD_FILE}\` says what belongs to it.
The backbone itself is not here.

${card.note ? `${card.note} Its tensors can be used by code of your own:\n\n${ownSnippet}` : peftSnippet}

As one ONNX file that needs neither PyTorch nor PEFT:

\`\`\`sh
radapt export . --backbone backbone.onnx --out model.onnx
\`\`\`
`;
}

export function modelReadme(card: RunCard, notes: readonly string[]): string {
  return `# Model: ${card.method.label} on ${card.backbone.name}

${RESEARCH}

${about(card)}
\`model.onnx\` (opset 18) takes images [N, channels, size, size] of float32 and gives \`logits\` and \`probabilities\` [N, classes].
The preprocessing and the class names stand in its metadata as well.
${notes.map((note) => `\n- ${note}`).join("")}${notes.length ? "\n" : ""}
\`\`\`sh
pip install onnxruntime pillow numpy
python predict.py model.onnx images/ predictions.csv
\`\`\`

or, with Radapt: \`radapt predict model.onnx --images images/ --out predictions.csv\`.
`;
}
