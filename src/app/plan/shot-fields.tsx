/** How few-shot runs draw their images, and where their validation images come from. */
import { NativeSelect } from "@mantine/core";
import { useStore } from "zustand";
import { type ShotScenario, type ShotValidation, shotScenarios, shotValidations } from "../../bench/regime";
import { draftStore, setDraft, shotScenarioIds } from "../state/plan-draft";
import { capitalised } from "../ui/format";
import { ChipsField } from "./chips-field";

const validationLabels: Record<ShotValidation, string> = {
  separate: "Separate, as many again",
  "from-shots": "Among the images per class",
  none: "None",
};

export function ShotFields() {
  const { scenarios, shotValidation } = useStore(draftStore);
  const help = shotScenarioIds
    .filter((id) => scenarios.includes(id))
    .map((id) => `${capitalised(id)}: ${shotScenarios[id]}`);
  return (
    <div className="fields wide">
      <ChipsField
        label="Draw of few images"
        description={help.join(". ")}
        choices={shotScenarioIds}
        value={scenarios}
        onChange={(ids) => setDraft({ scenarios: ids as ShotScenario[] })}
      />
      <NativeSelect
        label="Validation of few images"
        value={shotValidation}
        data={Object.entries(validationLabels).map(([value, label]) => ({ value, label }))}
        description={capitalised(shotValidations[shotValidation])}
        inputWrapperOrder={["label", "input", "description", "error"]}
        onChange={(e) => setDraft({ shotValidation: e.currentTarget.value as ShotValidation })}
      />
    </div>
  );
}
