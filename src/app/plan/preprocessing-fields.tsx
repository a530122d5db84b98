/** Edits the preprocessing of a backbone. */
import { NativeSelect, NumberInput } from "@mantine/core";
import type { CropMode, Interpolation, Preprocessing } from "../../models/types";

interface PreprocessingFieldsProps {
  value: Preprocessing;
  onChange: (value: Preprocessing) => void;
}

const channels = ["red", "green", "blue"];

export function PreprocessingFields({ value, onChange }: PreprocessingFieldsProps) {
  const set = (change: Partial<Preprocessing>) => onChange({ ...value, ...change });
  const setChannel = (key: "mean" | "std", index: number, n: number) =>
    set({ [key]: value[key].map((old, i) => (i === index ? n : old)) });
  return (
    <fieldset className="plain">
      <legend className="field-label">Preprocessing</legend>
      <div className="fields">
        <NumberInput
          label="Input size, px"
          value={value.size}
          min={8}
          max={1024}
          onChange={(n) => set({ size: Number(n) })}
        />
        <NumberInput
          label="Short side before crop, px"
          value={value.resize}
          min={8}
          max={2048}
          onChange={(n) => set({ resize: Number(n) })}
        />
        <NativeSelect
          label="Shape"
          value={value.crop}
          data={[
            { value: "crop", label: "Centre crop" },
            { value: "pad", label: "Pad to a square" },
            { value: "stretch", label: "Stretch" },
          ]}
          onChange={(e) => set({ crop: e.currentTarget.value as CropMode })}
        />
        <NativeSelect
          label="Interpolation"
          value={value.interpolation}
          data={["bicubic", "bilinear", "nearest"]}
          onChange={(e) => set({ interpolation: e.currentTarget.value as Interpolation })}
        />
        {(["mean", "std"] as const).map((key) => (
          <div key={key}>
            <span className="field-label">{key === "mean" ? "Mean" : "Standard deviation"} (R, G, B)</span>
            <div className="triple">
              {channels.map((channel, index) => (
                <NumberInput
                  key={channel}
                  aria-label={`${key} of ${channel}`}
                  value={value[key][index]}
                  step={0.01}
                  hideControls
                  onChange={(n) => setChannel(key, index, Number(n))}
                />
              ))}
            </div>
          </div>
        ))}
      </div>
    </fieldset>
  );
}
