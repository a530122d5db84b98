/**
 * The hidden file inputs, mounted once for the whole Data screen: a browser walks a chosen folder
 * before it tells the page, and an input that the screen replaced in the meantime would swallow
 * what was chosen.
 */
import { VisuallyHidden } from "@mantine/core";
import { type ChangeEvent, createRef } from "react";
import { formats } from "../../data/formats";
import { attempt } from "../state/notices";
import { openFiles, openLabels } from "../state/opening";
import { fromInput } from "./open-files";

const folderInput = createRef<HTMLInputElement>();
const filesInput = createRef<HTMLInputElement>();
const tableInput = createRef<HTMLInputElement>();

export const askForFolder = () => folderInput.current?.click();
export const askForFiles = () => filesInput.current?.click();
export const askForTable = () => tableInput.current?.click();

/** Takes an input's files and empties it, so that the same folder can be opened again. */
function taken(event: ChangeEvent<HTMLInputElement>) {
  const opened = fromInput(event.currentTarget.files);
  event.currentTarget.value = "";
  return opened;
}

function onImages(event: ChangeEvent<HTMLInputElement>): void {
  const opened = taken(event);
  if (opened.files.length > 0) attempt(() => openFiles(opened.files, opened.name));
}

function onTable(event: ChangeEvent<HTMLInputElement>): void {
  const opened = taken(event);
  if (opened.files.length > 0) attempt(() => openLabels(opened.files[0]));
}

export function OpenInputs() {
  const hidden = { type: "file", tabIndex: -1 } as const;
  const directory = { webkitdirectory: "" } as object;
  return (
    <VisuallyHidden>
      <input {...hidden} {...directory} ref={folderInput} aria-label="Images folder" onChange={onImages} />
      <input
        {...hidden}
        ref={filesInput}
        aria-label="Image files"
        multiple
        accept={formats.accept("image", "table")}
        onChange={onImages}
      />
      <input
        {...hidden}
        ref={tableInput}
        aria-label="Outcome table (CSV)"
        accept={formats.accept("table")}
        onChange={onTable}
      />
    </VisuallyHidden>
  );
}
