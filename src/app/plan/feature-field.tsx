/** The head's input, chosen per backbone: one line on each kind, and the reason where the file cannot give it. */
import { NativeSelect } from "@mantine/core";
import { useEffect, useState } from "react";
import { type FeatureKind, featureKindIds, featureKinds } from "../../engine/backbone/feature-choice";
import type { FeatureOption } from "../../engine/types";
import { describeBackbone } from "../state/backbones";

const labels: Record<FeatureKind, string> = {
  auto: "As the file's outputs suggest",
  pooled: "Pooled or projected output",
  cls: "Class token",
  mean: "Mean of the tokens or map",
  "cls+mean": "Class and mean token",
  cls4: "Class tokens of the last four blocks",
  "cls4+mean": "Class tokens of the last four blocks, and mean token",
};

function choice(kind: FeatureKind, option: FeatureOption | undefined) {
  if (option?.reason) return { value: kind, label: `${labels[kind]} (${option.reason})`, disabled: true };
  return { value: kind, label: option?.width ? `${labels[kind]}, ${option.width} numbers` : labels[kind] };
}

/** @param id the stored backbone; a file that is not yet read offers every kind and is checked on arrival */
export function FeatureField(props: { id?: string; value: FeatureKind; onChange: (kind: FeatureKind) => void }) {
  const { id, value, onChange } = props;
  const [options, setOptions] = useState<FeatureOption[]>([]);
  useEffect(() => {
    let open = true;
    if (id) describeBackbone(id).then((info) => open && info && setOptions(info.features));
    return () => {
      open = false;
    };
  }, [id]);
  return (
    <NativeSelect
      label="Feature vector"
      description={featureKinds[value]}
      inputWrapperOrder={["label", "input", "description", "error"]}
      value={value}
      data={featureKindIds.map((kind) =>
        choice(
          kind,
          options.find((o) => o.kind === kind),
        ),
      )}
      onChange={(e) => onChange(e.currentTarget.value as FeatureKind)}
    />
  );
}
