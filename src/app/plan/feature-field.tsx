/**
 * Chooses the head's input per backbone. It describes each kind, or says why the file cannot give
 * it.
 */
import { NativeSelect } from "@mantine/core";
import { useEffect, useState } from "react";
import { featureKindIds, featureKinds } from "../../engine/backbone/feature-choice";
import type { FeatureKind, FeatureOption } from "../../engine/types";
import { describeBackbone } from "../state/backbones";

const featureLabels: Record<FeatureKind, string> = {
  auto: "As the file's outputs suggest",
  pooled: "Pooled or projected output",
  cls: "Class token",
  mean: "Mean of the tokens or map",
  "cls+mean": "Class and mean token",
  cls4: "Class tokens of the last four blocks",
  "cls4+mean": "Class tokens of the last four blocks, and mean token",
};

function choice(kind: FeatureKind, option: FeatureOption | undefined) {
  if (option?.reason) return { value: kind, label: `${featureLabels[kind]} (${option.reason})`, disabled: true };
  return {
    value: kind,
    label: option?.width ? `${featureLabels[kind]}, ${option.width} numbers` : featureLabels[kind],
  };
}

/**
 * @param id id of the stored backbone; undefined for a new file, which offers every kind and is
 *   checked when it is added
 */
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
