/** Adding a backbone from a file or an address, or changing the preprocessing of one. */

import { Button, FileInput, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";
import { useStore } from "zustand";
import type { BackboneRow, Preprocessing } from "../../models/types";
import { addBackbone, backbonesStore, cancelAdding, clearBackboneError, updateBackbone } from "../state/backbones";
import { attempt } from "../state/notices";
import { toggleBackbone } from "../state/plan-draft";
import { closeDialog, viewStore } from "../state/view";
import { Dialog } from "../ui/dialog";
import { byteSize } from "../ui/format";
import { Message } from "../ui/message";
import { ProgressLine } from "../ui/progress-line";
import { CheckpointCheck } from "./checkpoint-check";
import { FeatureField } from "./feature-field";
import { imagenet, PreprocessingFields } from "./preprocessing-fields";

function Form({ backbone }: { backbone: BackboneRow | undefined }) {
  const { adding, error } = useStore(backbonesStore);
  const [way, setWay] = useState("file");
  const [files, setFiles] = useState<File[]>([]);
  const [url, setUrl] = useState("");
  const [sha256, setSha256] = useState("");
  const [name, setName] = useState(backbone?.name ?? "");
  const [feature, setFeature] = useState<BackboneRow["feature"]>(backbone?.feature ?? "auto");
  const [own, setOwn] = useState(backbone !== undefined);
  const [preprocessing, setPreprocessing] = useState<Preprocessing>(backbone?.preprocessing ?? imagenet);
  const shaWrong = sha256.trim() !== "" && !/^[0-9a-f]{64}$/i.test(sha256.trim());
  const file = files.find(({ name }) => /\.onnx$/i.test(name)) ?? files[0];
  const data = files.filter((other) => other !== file).map((other) => ({ name: other.name, file: other }));
  const source =
    way === "file"
      ? file && { file, data }
      : url.trim() && { url: url.trim(), sha256: sha256.trim().toLowerCase() || undefined };

  const save = async () => {
    if (backbone) {
      if (await updateBackbone(backbone.id, { name: name.trim() || backbone.name, feature, preprocessing }))
        closeDialog();
      return;
    }
    if (!source) return;
    const given = name.trim() || file?.name.replace(/\.onnx$/i, "") || url.split("/").pop() || "Backbone";
    const id = await addBackbone({ name: given, source, feature, preprocessing: own ? preprocessing : undefined });
    if (id === null) return;
    toggleBackbone(id, true);
    closeDialog();
  };
  return (
    <div className="stack">
      {!backbone && (
        <>
          <SegmentedControl
            aria-label="Where the backbone is"
            value={way}
            onChange={setWay}
            data={[
              { value: "file", label: "A file on this machine" },
              { value: "url", label: "An address" },
            ]}
          />
          {way === "file" ? (
            <FileInput
              label="ONNX file"
              placeholder="Choose an .onnx file, and its data files if it has some"
              multiple
              clearable
              value={files}
              onChange={setFiles}
              description={
                files.length > 0
                  ? byteSize(files.reduce((sum, { size }) => sum + size, 0))
                  : "A vision encoder: one image input, features or tokens as output; weights in a file beside it (.onnx_data) are chosen together with it"
              }
              inputWrapperOrder={["label", "input", "description", "error"]}
            />
          ) : (
            <div className="stack tight">
              <TextInput
                label="Address of the .onnx file"
                placeholder="https://…/model.onnx"
                value={url}
                onChange={(e) => setUrl(e.currentTarget.value)}
                description="Only this address is asked, and nothing but the request goes out"
                inputWrapperOrder={["label", "input", "description", "error"]}
              />
              <TextInput
                label="SHA-256 it must have (optional)"
                value={sha256}
                error={shaWrong ? "64 hexadecimal digits." : undefined}
                onChange={(e) => setSha256(e.currentTarget.value)}
              />
            </div>
          )}
        </>
      )}
      <div className="fields wide">
        <TextInput label="Name" value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <FeatureField id={backbone?.id} value={feature} onChange={setFeature} />
        {!backbone && (
          <NativeSelect
            label="Preprocessing"
            value={own ? "own" : "auto"}
            data={[
              { value: "auto", label: "From the file's input size, ImageNet mean and std" },
              { value: "own", label: "Set it here" },
            ]}
            onChange={(e) => setOwn(e.currentTarget.value === "own")}
          />
        )}
      </div>
      {own && <PreprocessingFields value={preprocessing} onChange={setPreprocessing} />}
      {backbone && (
        <dl className="facts small">
          <dt>SHA-256</dt>
          <dd className="mono">{backbone.sha256}</dd>
          <dt>Source</dt>
          <dd>{backbone.source || "–"}</dd>
        </dl>
      )}
      {backbone && <CheckpointCheck backbone={backbone} />}
      {error && <Message kind="error" text={error} />}
      {adding && <ProgressLine label={`Adding ${adding.name}`} progress={adding.progress} />}
      <div className="row" style={{ justifyContent: "flex-end" }}>
        {adding ? (
          <Button onClick={() => attempt(cancelAdding)}>Cancel adding</Button>
        ) : (
          <Button onClick={closeDialog}>Close</Button>
        )}
        <Button
          variant="filled"
          disabled={adding !== null || (!backbone && (!source || shaWrong))}
          onClick={() => attempt(save)}
        >
          {backbone ? "Save" : "Add and check"}
        </Button>
      </div>
    </div>
  );
}

export function BackboneDialog() {
  const { dialog, backboneId } = useStore(viewStore);
  const backbone = useStore(backbonesStore, (s) => s.backbones.find((b) => b.id === backboneId));
  const busy = useStore(backbonesStore, (s) => s.adding !== null);
  return (
    <Dialog
      opened={dialog === "backbone"}
      onClose={() => {
        if (busy) return;
        clearBackboneError();
        closeDialog();
      }}
      wide
      title={backbone ? `Preprocessing of ${backbone.name}` : "Add a backbone"}
    >
      <Form key={backboneId ?? "new"} backbone={backbone} />
    </Dialog>
  );
}
