/**
 * Downloads what a run learnt, as an adapter or as the adapted model. If there is nothing to
 * download, it says why.
 */
import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useEffect } from "react";
import { useStore } from "zustand";
import type { DownloadKind } from "../../worker/protocol";
import { saveBlob } from "../charts/save";
import { download, downloadsStore, loadKept, whyNotKept, withoutWeights } from "../state/downloads";
import { attempt } from "../state/notices";
import { byteSize } from "../ui/format";
import { Message } from "../ui/message";
import { ProgressLine } from "../ui/progress-line";

const downloadLabels: Record<DownloadKind, string> = { adapter: "Download adapter", model: "Download model (ONNX)" };
const downloadKinds = Object.keys(downloadLabels) as DownloadKind[];

interface RunFilesProps {
  runId: string;
  /** True for a method that keeps no weights. */
  isHeadless: boolean;
}

export function RunFiles({ runId, isHeadless }: RunFilesProps) {
  const { kept, busy, error, notes } = useStore(downloadsStore);
  useEffect(() => attempt(() => loadKept(runId)), [runId]);
  const adapter = kept[runId];
  if (adapter === undefined) return null;
  const missing = isHeadless ? withoutWeights : whyNotKept(adapter);
  if (missing) return <p className="small dim run-files">{missing}</p>;
  const save = async (kind: DownloadKind) => {
    const made = await download(runId, kind);
    if (made) saveBlob(made.file, made.name);
  };
  return (
    <section className="stack tight run-files" aria-label="Files of the run">
      <div className="row">
        {downloadKinds.map((kind) => (
          <Button
            key={kind}
            leftSection={<IconDownload size={14} aria-hidden />}
            disabled={busy !== null}
            onClick={() => attempt(() => save(kind))}
          >
            {downloadLabels[kind]}
          </Button>
        ))}
      </div>
      <p className="small dim">
        The adapter is {byteSize(adapter?.bytes ?? 0)} of weights as Hugging Face PEFT keeps them; the model is the
        whole network as one ONNX file, with a Python program that runs it. Research use only.
      </p>
      {busy?.runId === runId && <ProgressLine label={downloadLabels[busy.kind]} progress={busy.progress} />}
      {error?.runId === runId && <Message kind="error" text={error.details} />}
      {notes?.runId === runId && notes.texts.map((text) => <Message key={text} kind="info" text={text} />)}
    </section>
  );
}
