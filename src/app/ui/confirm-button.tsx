/**
 * A button for an irreversible action. It first says what will be lost and asks for confirmation.
 */

import { Button, type ButtonProps } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Dialog } from "./dialog";

interface ConfirmButtonProps extends ButtonProps {
  /** The question, which is also the title of the dialog. */
  question: string;
  /** What is lost and what stays. */
  consequence: string;
  confirmLabel: string;
  onConfirm: () => void;
  children: ReactNode;
}

export function ConfirmButton({
  question,
  consequence,
  confirmLabel,
  onConfirm,
  children,
  ...rest
}: ConfirmButtonProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button {...rest} onClick={() => setOpen(true)}>
        {children}
      </Button>
      <Dialog opened={open} onClose={() => setOpen(false)} title={question}>
        <div className="stack">
          <p>{consequence}</p>
          <div className="row" style={{ justifyContent: "flex-end" }}>
            <Button onClick={() => setOpen(false)} data-autofocus>
              Keep
            </Button>
            <Button
              variant="filled"
              color="red.9"
              onClick={() => {
                setOpen(false);
                onConfirm();
              }}
            >
              {confirmLabel}
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
