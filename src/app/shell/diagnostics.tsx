/**
 * The text to send with a question: adapter, limits, browser, storage and the last error. It holds
 * no data and no file names.
 */
import { Button, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useStore } from "zustand";
import { diagnosticsText } from "../state/diagnostics";
import { environmentStore } from "../state/environment";

export function Diagnostics() {
  const environment = useStore(environmentStore);
  const text = diagnosticsText(environment, navigator.userAgent);
  return (
    <div className="stack">
      <p className="dim">Holds the adapter, the browser and counts; no image, label or file name.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach a scrolling region */}
      <section className="diagnostics" tabIndex={0} aria-label="Diagnostics text">
        <pre className="mono">{text}</pre>
      </section>
      <div>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              variant="filled"
              leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
              onClick={copy}
            >
              {copied ? "Copied" : "Copy diagnostics"}
            </Button>
          )}
        </CopyButton>
      </div>
    </div>
  );
}
