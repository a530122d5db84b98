/**
 * Compares decoded pixels with Pillow's (fixtures by tools/image_fixtures.py), and checks what the
 * decoder refuses.
 */
import "./jpeg-node";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RadaptError } from "../base/error";
import type { Pixels } from "../base/pixels";
import { decodeImage } from "./decode";

interface Fixtures {
  good: Record<string, Omit<Pixels, "data"> & { file: string; data: string }>;
  bad: Record<string, { code: string; file: string }>;
}
const fixtures = JSON.parse(readFileSync(new URL("fixtures/images.json", import.meta.url), "utf8")) as Fixtures;
const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, "base64"));

async function refusal(bytes: Uint8Array, name: string): Promise<RadaptError> {
  const error: unknown = await decodeImage(bytes, name).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(RadaptError);
  return error as RadaptError;
}

describe("pixels equal Pillow's", () => {
  for (const [name, { file, data, ...size }] of Object.entries(fixtures.good)) {
    test(name, async () => {
      expect(await decodeImage(bytesOf(file), name)).toEqual({ ...size, data: bytesOf(data) });
    });
  }
});

describe("refuses what it cannot read, naming the file and the remedy", () => {
  for (const [name, { file, code }] of Object.entries(fixtures.bad)) {
    test(name, async () => {
      const error = await refusal(bytesOf(file), `scans/${name}`);
      expect(error.parts).toMatchObject({ code, where: `scans/${name}` });
      expect(error.parts.expected && error.parts.got && error.parts.remedy).toBeTruthy();
    });
  }

  test("other formats by name", async () => {
    const dicom = new Uint8Array(140);
    dicom.set(new TextEncoder().encode("DICM"), 128);
    expect((await refusal(dicom, "a.png")).parts).toMatchObject({ code: "image.unknown-format", got: "DICOM" });
    expect((await refusal(new TextEncoder().encode("GIF89a"), "a.gif")).parts.got).toBe("GIF");
    expect((await refusal(new TextEncoder().encode("plain"), "a.png")).parts.got).toContain("70 6c 61 69");
    expect((await refusal(new Uint8Array(0), "a.png")).code).toBe("image.empty");
  });
});

test("the content decides, not the extension", async () => {
  const { file, width } = fixtures.good["colour.jpg"];
  expect(await decodeImage(bytesOf(file), "named.png")).toMatchObject({ width });
});

test("a damaged JPEG does not spoil the next, and images may be decoded at once", async () => {
  const good = fixtures.good["colour.jpg"];
  const results = await Promise.allSettled(
    ["holed.jpg", "cut.jpg", "cmyk.jpg"].flatMap((name) => [
      decodeImage(bytesOf(fixtures.bad[name].file), name),
      decodeImage(bytesOf(good.file), "good.jpg"),
    ]),
  );
  expect(results.map((r) => r.status)).toEqual([
    "rejected",
    "fulfilled",
    "rejected",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
});

test("every way of cutting a file short is noticed", async () => {
  for (const name of ["grey.jpg", "progressive.jpg", "grey-16.png", "palette-8.png"]) {
    const whole = bytesOf(fixtures.good[name].file);
    for (let length = 1; length < whole.length; length += 7) await refusal(whole.subarray(0, length), name);
  }
});
