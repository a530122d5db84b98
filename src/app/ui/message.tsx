/** A message: what happened, where, what was expected, and what to do. */
import { ActionIcon } from "@mantine/core";
import { IconAlertTriangle, IconInfoCircle, IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { ErrorDetails } from "../../base";
import { detailsParts } from "./error-parts";
import classes from "./message.module.css";

interface MessageProps {
  kind: "error" | "warning" | "info";
  /** A sentence, or an error with its details. */
  text: string | ErrorDetails;
  action?: ReactNode;
  onDismiss?: () => void;
}

export function Message({ kind, text, action, onDismiss }: MessageProps) {
  const details = typeof text === "string" ? { title: text } : text;
  const parts = detailsParts(details);
  return (
    <div className={`${classes.message} ${classes[kind] ?? ""}`} role={kind === "error" ? "alert" : "status"}>
      {kind === "info" ? <IconInfoCircle size={17} aria-hidden /> : <IconAlertTriangle size={17} aria-hidden />}
      <div className={classes.body}>
        <p>{details.title}</p>
        {parts.length > 0 && (
          <dl>
            {parts.map((part) => (
              <div key={part.label} style={{ display: "contents" }}>
                <dt>{part.label}</dt>
                <dd>{part.text}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
      {action}
      {onDismiss && (
        <ActionIcon aria-label="Dismiss message" size={22} onClick={onDismiss}>
          <IconX size={14} />
        </ActionIcon>
      )}
    </div>
  );
}
