/** Shows a button for each preset of augmentation. */
import { Button } from "@mantine/core";
import { augmentPresets, presetTraining } from "../../bench/augment-presets";
import { setTraining } from "../state/plan-draft";

export function AugmentPresets() {
  return (
    // biome-ignore lint/a11y/useSemanticElements: buttons in a row, inside the form's own fieldset
    <div className="row" role="group" aria-label="Sets of transforms" style={{ marginBottom: 10 }}>
      {augmentPresets.map((preset) => (
        <Button key={preset.label} onClick={() => setTraining(presetTraining(preset))}>
          {preset.label}
        </Button>
      ))}
    </div>
  );
}
