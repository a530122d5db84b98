/**
 * How errors cross between the worker and the page. Structured cloning keeps an error's message and
 * drops its class and fields, so both sides import this file, which sends them as plain data and
 * builds the error anew on arrival.
 */
import { type TransferHandler, transferHandlers } from "comlink";
import { type ErrorParts, RadaptError } from "../base";

/** What comlink hands to its handler of thrown values. */
interface Thrown {
  value: unknown;
}

type SentError =
  | { kind: "radapt"; title: string; parts: ErrorParts; stack?: string }
  /** Aborts among others: their name is "AbortError". */
  | { kind: "dom"; message: string; name: string }
  | { kind: "error"; message: string; name: string; stack?: string }
  /** A value that is not an error, e.g. the reason of an abort. */
  | { kind: "value"; value: unknown };

function packError(error: unknown): SentError {
  if (error instanceof RadaptError)
    return { kind: "radapt", title: error.title, parts: error.parts, stack: error.stack };
  if (error instanceof DOMException) return { kind: "dom", message: error.message, name: error.name };
  if (error instanceof Error) return { kind: "error", message: error.message, name: error.name, stack: error.stack };
  return { kind: "value", value: error };
}

function unpackError(sent: SentError): unknown {
  if (sent.kind === "value") return sent.value;
  if (sent.kind === "dom") return new DOMException(sent.message, sent.name);
  const { stack } = sent;
  if (sent.kind === "radapt") return Object.assign(new RadaptError(sent.title, sent.parts), { stack });
  return Object.assign(new Error(sent.message), { name: sent.name, stack });
}

// Only comlink's own handler recognises thrown values: it marks them with a symbol that it does not
// export.
const { canHandle } = transferHandlers.get("throw")!;

const handler: TransferHandler<Thrown, SentError> = {
  canHandle: (value): value is Thrown => canHandle(value),
  serialize: ({ value }) => [packError(value), []],
  deserialize: (sent) => {
    throw unpackError(sent);
  },
};

transferHandlers.set("throw", handler);
