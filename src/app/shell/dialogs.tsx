/** The dialogs that any screen can open. */

import { lazy, Suspense } from "react";
import { useStore } from "zustand";
import { closeDialog, viewStore } from "../state/view";
import { Dialog } from "../ui/dialog";
import { About } from "./about";
import { Diagnostics } from "./diagnostics";
import { StorageView } from "./storage-view";

const LazyBackboneDialog = lazy(() => import("../plan/backbone-dialog").then((m) => ({ default: m.BackboneDialog })));
const contents = {
  storage: { title: "Storage on this machine", View: StorageView },
  diagnostics: { title: "Diagnostics", View: Diagnostics },
  about: { title: "About Radapt", View: About },
};

export function Dialogs() {
  const dialog = useStore(viewStore, (s) => s.dialog);
  const content = dialog && dialog !== "backbone" ? contents[dialog] : null;
  return (
    <>
      <Dialog opened={content !== null} onClose={closeDialog} wide title={content?.title ?? "Dialog"}>
        {content && <content.View />}
      </Dialog>
      <Suspense fallback={null}>{dialog === "backbone" && <LazyBackboneDialog />}</Suspense>
    </>
  );
}
