/** Long work lets messages in when its time slice ends, and notices a cancel. */
import { expect, test } from "vitest";
import { eventLoopYielder } from "./event-loop";

test("messages get their turn when one is over, and not before", async () => {
  let heard = 0;
  const listen = () => setTimeout(() => heard++);
  const long = eventLoopYielder(undefined, Number.POSITIVE_INFINITY);
  listen();
  for (let i = 0; i < 3; i++) await long();
  expect(heard).toBe(0);
  await eventLoopYielder(undefined, 0)();
  expect(heard).toBe(1);
});

test("a cancel that came in between is heard", async () => {
  const abort = new AbortController();
  const turn = eventLoopYielder(abort.signal, 0);
  await turn();
  setTimeout(() => abort.abort(new Error("enough")));
  await expect(turn()).rejects.toThrow("enough");
});
