/** The ways to open images and their table: folder, files, CSV. */
import { Button } from "@mantine/core";
import { IconFolderOpen, IconPhoto, IconTable } from "@tabler/icons-react";
import { useStore } from "zustand";
import { attempt } from "../state/notices";
import { openFiles, openingStore } from "../state/opening";
import { canPickFolder, pickFolder } from "./open-files";
import { askForFiles, askForFolder, askForTable } from "./open-inputs";

async function openFolder(): Promise<void> {
  if (!canPickFolder()) return askForFolder();
  const opened = await pickFolder();
  if (opened) await openFiles(opened.files, opened.name);
}

export function OpenControls({ compact = false }: { compact?: boolean }) {
  const importing = useStore(openingStore, (s) => s.phase === "importing");
  const choosing = useStore(openingStore, (s) => s.phase === "choosing");
  return (
    <div className="row">
      <Button
        variant={choosing || compact ? "default" : "filled"}
        leftSection={<IconFolderOpen size={15} aria-hidden />}
        disabled={importing}
        onClick={() => attempt(openFolder)}
      >
        Open a folder
      </Button>
      {!compact && (
        <Button leftSection={<IconPhoto size={15} aria-hidden />} disabled={importing} onClick={askForFiles}>
          Open files
        </Button>
      )}
      {(!compact || choosing) && (
        <Button leftSection={<IconTable size={15} aria-hidden />} disabled={importing} onClick={askForTable}>
          Open a CSV
        </Button>
      )}
    </div>
  );
}
