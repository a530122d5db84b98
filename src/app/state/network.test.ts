/** Tests what the network counter counts. */
import { expect, test } from "vitest";
import { bodyBytes, countRequest, countSent, networkStore } from "./network";

test("bodies of every kind are measured", () => {
  expect(bodyBytes(null)).toBe(0);
  expect(bodyBytes("é")).toBe(2);
  expect(bodyBytes(new Blob(["abc"]))).toBe(3);
  expect(bodyBytes(new Uint16Array(4))).toBe(8);
  expect(bodyBytes(new URLSearchParams({ a: "1" }))).toBe(3);
  expect(bodyBytes(new ReadableStream())).toBe(1);
});

test("only requests to other sites are foreign", () => {
  countSent(5);
  countRequest("http://localhost/a.js", "http://localhost");
  countRequest("blob:http://localhost/1", "http://localhost");
  countRequest("https://models.example/m.onnx", "http://localhost");
  expect(networkStore.getState()).toMatchObject({ bytesSent: 5, foreignRequests: 1, hosts: ["models.example"] });
});
