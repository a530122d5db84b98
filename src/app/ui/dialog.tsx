/**
 * A modal dialog with a heading and a close button. Unlike Mantine's own, its head is not a
 * `banner` landmark.
 */
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
