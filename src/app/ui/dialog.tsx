/** A modal dialog with its heading and close button; its head is no banner, unlike the library's. */
import { Modal } from "@mantine/core";
import type { ReactNode } from "react";

interface DialogProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  wide?: boolean;
  children: ReactNode;
}

export function Dialog({ opened, onClose, title, wide, children }: DialogProps) {
  return (
    <Modal.Root opened={opened} onClose={onClose} size={wide ? "lg" : "md"} centered>
      <Modal.Overlay />
      <Modal.Content>
        <div className="dialog-head">
          <Modal.Title>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
