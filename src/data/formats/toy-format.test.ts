/** Adds a toy format to the registry and checks that page, command line and messages take it up. */
import "../jpeg-node";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MantineProvider } from "@mantine/core";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { OpenInputs } from "../../app/data/open-inputs";
import { provideFakes } from "../../app/state/fakes";
import { openFiles, openingStore } from "../../app/state/opening";
import { run } from "../../cli";
import { capturePrinted, temporaryFolder, writePlan, writeStudy } from "../../cli/testing";
import { decodeImage } from "../decode";

vi.mock("./index", async () => {
  const { createRegistry } = await import("./registry");
  const { pngFormat } = await import("./png");
  const { csvFormat } = await import("./csv");
  const toyFormat: import("./types").ImageFormat = {
    id: "toy",
    label: "TOY",
    kind: "image",
    extensions: ["toy"],
    mediaTypes: ["image/x-toy"],
    sniff: (head) => String.fromCharCode(...head.subarray(0, 3)) === "TOY",
    // The file is a signature of 3 bytes and one grey row.
    read: async (bytes) => ({ width: bytes.length - 3, height: 1, channels: 1, data: bytes.slice(3) }),
  };
  return { formats: createRegistry([pngFormat, toyFormat, csvFormat]) };
});

const printed = capturePrinted();
const toy = (...grey: number[]) => Uint8Array.of(...new TextEncoder().encode("TOY"), ...grey);

test("the decoder reads it", async () => {
  expect(await decodeImage(toy(1, 2), "a.toy")).toMatchObject({ width: 2, height: 1, channels: 1 });
  await expect(decodeImage(new Uint8Array(0), "a.toy")).rejects.toThrow("a PNG or TOY file");
});

test("the page offers and sorts it", async () => {
  provideFakes();
  expect(renderToStaticMarkup(createElement(MantineProvider, null, createElement(OpenInputs)))).toContain(
    ".toy,image/x-toy",
  );
  await openFiles([{ path: "s/a.toy", file: new Blob([toy(1)]) }], "chest");
  expect(openingStore.getState().images.map(({ path }) => path)).toEqual(["s/a.toy"]);
  openingStore.setState({ images: [] });
  await openFiles([{ path: "a.tiff", file: new Blob(["x"]) }], "scans");
  expect(JSON.stringify(openingStore.getState().error)).toMatch(/No PNG, TOY or CSV file.*\.png or \.toy/);
});

test("the command line runs a plan on it, and names it", async () => {
  const dir = writeStudy();
  mkdirSync(join(dir, "toys"));
  for (let i = 0; i < 24; i++) writeFileSync(join(dir, "toys", `${i}.toy`), toy(i, 255 * (Math.floor(i / 2) % 2)));
  const dataset = {
    images: "toys",
    labels: "labels.csv",
    columns: { image: "file", outcome: "outcome", patient: "patient" },
  };
  const plan = writePlan(dir, { dataset, methods: [{ id: "linear-probe", training: { epochs: 5 } }] });
  expect(await run(["run", plan, "--out", join(dir, "out"), "--device", "cpu"])).toBe(0);
  expect(JSON.parse(readFileSync(join(dir, "out/results.json"), "utf8")).images).toHaveLength(24);
  expect(await run(["predict", "m.onnx", "--images", temporaryFolder()])).toBe(1);
  expect(printed.err).toMatch(/Expected: PNG or TOY files/);
});
