/**
 * A RadaptError and an abort cross a channel with their class and fields, other errors with their
 * name and message.
 */
import { expose, wrap } from "comlink";
import { afterEach, expect, test } from "vitest";
import { RadaptError } from "../base";
import "./transfer-errors";

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1, port2 } of channels.splice(0)) {
    port1.close();
    port2.close();
  }
});

/** Throws the value behind one port of a channel and catches it at the other. */
async function crossed(thrown: unknown): Promise<unknown> {
  const channel = new MessageChannel();
  channels.push(channel);
  const fail = () => {
    throw thrown;
  };
  expose({ fail }, channel.port1);
  return wrap<{ fail(): void }>(channel.port2)
    .fail()
    .then(
      () => expect.unreachable("nothing was thrown"),
      (error: unknown) => error,
    );
}

test("a RadaptError keeps its class, title, code, where, expected, got and remedy", async () => {
  const parts = {
    code: "csv.no-match",
    where: "labels.csv",
    expected: "file names",
    got: "ids",
    remedy: "Choose another column.",
  };
  const sent = new RadaptError("No row matches.", parts);
  const got = await crossed(sent);
  expect(got).toBeInstanceOf(RadaptError);
  expect(got).toMatchObject({ title: "No row matches.", code: "csv.no-match", message: sent.message, parts });
  expect((got as RadaptError).stack).toBe(sent.stack);
});

test("an abort stays an AbortError, and a reason that is no error stays what it is", async () => {
  const abort = AbortSignal.abort();
  const got = await crossed(abort.reason);
  expect(got).toBeInstanceOf(DOMException);
  expect(got).toMatchObject({ name: "AbortError", message: abort.reason.message });
  expect(await crossed("paused")).toBe("paused");
});

test("any other error keeps its name and message", async () => {
  const got = await crossed(new TypeError("no such thing"));
  expect(got).toBeInstanceOf(Error);
  expect(got).toMatchObject({ name: "TypeError", message: "no such thing" });
});
