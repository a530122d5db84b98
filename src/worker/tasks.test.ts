/** Which tasks may run beside which, and what ends them. */
import { expect, test } from "vitest";
import { createTasks } from "./tasks";

/** Work that ends on demand, or when it is aborted. */
function openEnded() {
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const work = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      void done.then(() => resolve("done"));
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  return { work, finish };
}

const quick = async () => "quick";

test("one import, download, self-test or profile at a time; a plan beside an import", async () => {
  const { abortable, measuring, plan } = createTasks();
  const { work, finish } = openEnded();
  const running = abortable(work);
  await expect(abortable(quick)).rejects.toMatchObject({ code: "busy" });
  await expect(measuring(quick)).rejects.toMatchObject({ code: "busy" });
  expect(await plan(quick)).toBe("quick");
  finish();
  expect(await running).toBe("done");
  expect(await abortable(quick)).toBe("quick");
});

test("a plan and a measurement exclude each other, and two plans", async () => {
  const { measuring, plan } = createTasks();
  const first = openEnded();
  const measured = measuring(first.work);
  await expect(plan(quick)).rejects.toMatchObject({ code: "busy" });
  first.finish();
  await measured;
  const second = openEnded();
  const planned = plan(second.work);
  await expect(measuring(quick)).rejects.toMatchObject({ code: "busy" });
  await expect(plan(quick)).rejects.toMatchObject({ code: "busy" });
  second.finish();
  await planned;
  expect(await measuring(quick)).toBe("quick");
});

test("a cancelled task says that nothing of it was kept; a plan gets the reason", async () => {
  const { abortable, plan, abort, stop } = createTasks();
  const task = abortable(openEnded().work);
  const planned = plan(openEnded().work);
  abort();
  stop("paused");
  await expect(task).rejects.toMatchObject({ code: "cancelled" });
  await expect(planned).rejects.toBe("paused");
});

test("a failed task leaves its place free", async () => {
  const { measuring, plan } = createTasks();
  const failing = () => Promise.reject(new Error("no"));
  await expect(measuring(failing)).rejects.toThrow("no");
  await expect(plan(failing)).rejects.toThrow("no");
  expect(await plan(() => measuring(quick).catch(() => "refused"))).toBe("refused");
});
