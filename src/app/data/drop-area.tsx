/** An area that opens a folder, images or a CSV that someone drops on it. */
import { type DragEvent, type ReactNode, useState } from "react";
import { attempt } from "../state/notices";
import { openFiles } from "../state/opening";
import { fromDrop } from "./open-files";

export function DropArea({ children }: { children: ReactNode }) {
  const [over, setOver] = useState(false);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const opened = fromDrop(event.dataTransfer);
    attempt(async () => {
      const { files, name } = await opened;
      if (files.length > 0) await openFiles(files, name);
    });
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is only a shortcut for buttons
    <div
      className={over ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={onDrop}
    >
      {children}
    </div>
  );
}
