/** Chooses the source of a new backbone: an ONNX file with its data files, or an address. */
import { FileInput, SegmentedControl, TextInput } from "@mantine/core";
import { type BackboneForm, sha256Problem } from "../state/backbone-form";
import { byteSize } from "../ui/format";

interface SourceFieldsProps {
  form: BackboneForm;
  onChange: (change: Partial<BackboneForm>) => void;
}

const fileHint =
  "A vision encoder: one image input, features or tokens as output; " +
  "weights in a file beside it (.onnx_data) are chosen together with it";

function FileFields({ form: { files }, onChange }: SourceFieldsProps) {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return (
    <FileInput
      label="ONNX file"
      placeholder="Choose an .onnx file, and its data files if it has some"
      multiple
      clearable
      value={files}
      onChange={(chosen) => onChange({ files: chosen })}
      description={files.length > 0 ? byteSize(bytes) : fileHint}
      inputWrapperOrder={["label", "input", "description", "error"]}
    />
  );
}

function AddressFields({ form, onChange }: SourceFieldsProps) {
  return (
    <div className="stack tight">
      <TextInput
        label="Address of the .onnx file"
        placeholder="https://…/model.onnx"
        value={form.url}
        onChange={(e) => onChange({ url: e.currentTarget.value })}
        description="Only this address is asked, and nothing but the request goes out"
        inputWrapperOrder={["label", "input", "description", "error"]}
      />
      <TextInput
        label="SHA-256 it must have (optional)"
        value={form.sha256}
        error={sha256Problem(form)}
        onChange={(e) => onChange({ sha256: e.currentTarget.value })}
      />
    </div>
  );
}

export function BackboneSourceFields({ form, onChange }: SourceFieldsProps) {
  const Fields = form.origin === "file" ? FileFields : AddressFields;
  return (
    <>
      <SegmentedControl
        aria-label="Where the backbone is"
        value={form.origin}
        onChange={(value) => onChange({ origin: value as BackboneForm["origin"] })}
        data={[
          { value: "file", label: "A file on this machine" },
          { value: "url", label: "An address" },
        ]}
      />
      <Fields form={form} onChange={onChange} />
    </>
  );
}
