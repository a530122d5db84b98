/**
 * Reads the protocol buffer wire format in place. Byte fields are views, and no claimed length
 * allocates anything. An error names the field's path and the byte.
 * https://protobuf.dev/programming-guides/encoding/
 */
import { RadaptError } from "../../base/error";

/** Largest depth of nested messages. Real models stay below twenty. */
const MAX_DEPTH = 100;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const wireNames: Readonly<Record<number, string>> = {
  [VARINT]: "a varint",
  [FIXED64]: "8 bytes",
  [BYTES]: "a length and bytes",
  [FIXED32]: "4 bytes",
};

/** 18221 → "18,221". Intl would be too slow, since every node and weight keeps its place. */
const withSeparators = (n: number) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

export class WireReader {
  private at = 0;
  private end: number;
  /** Wire type of the current field. */
  private wire = VARINT;
  private readonly path: string[] = [];
  private readonly view: DataView;
  private readonly text_ = new TextDecoder();

  constructor(private readonly bytes: Uint8Array) {
    this.end = bytes.byteLength;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** "graph.node[12].attribute[0], byte 18,221". */
  where(field?: string): string {
    const path = [...this.path, field].filter(Boolean).join(".");
    return `${path || "model"}, byte ${withSeparators(this.at)}`;
  }

  /**
   * Reads the fields of one message: calls the handler of each that has one and skips the others.
   */
  fields(handlers: Readonly<Record<number, () => void>>): void {
    while (this.at < this.end) {
      const tag = this.varint("field number");
      this.wire = tag % 8;
      const handler = tag < 2 ** 32 ? handlers[Math.floor(tag / 8)] : undefined;
      if (tag < 8) this.fail("field number", "a number from 1", "0");
      if (handler) handler();
      else this.skip();
    }
  }

  message<T>(name: string, read: (r: WireReader) => T): T {
    const length = this.length(name);
    const outer = this.end;
    this.path.push(name);
    if (this.path.length > MAX_DEPTH) this.fail("", `at most ${MAX_DEPTH} messages within each other`, "more");
    this.end = this.at + length;
    const value = read(this);
    this.end = outer;
    this.path.pop();
    return value;
  }

  /** A view of the field's bytes. */
  raw(name: string): Uint8Array {
    const length = this.length(name);
    const start = this.at;
    this.at += length;
    return this.bytes.subarray(start, this.at);
  }

  text(name: string): string {
    return this.text_.decode(this.raw(name));
  }

  /** A signed 64-bit integer; beyond 2⁵³ the nearest number. */
  int(name: string): number {
    this.expect(VARINT, name);
    return this.varint(name);
  }

  float(name: string): number {
    this.expect(FIXED32, name);
    this.need(4, name);
    this.at += 4;
    return this.view.getFloat32(this.at - 4, true);
  }

  /** Adds one integer, or a packed list of them, to `into`. */
  ints(name: string, into: number[]): void {
    if (this.wire === BYTES) this.packed(name, () => into.push(this.varint(name)));
    else into.push(this.int(name));
  }

  floats(name: string, into: number[]): void {
    if (this.wire !== BYTES) {
      into.push(this.float(name));
      return;
    }
    this.packed(name, () => {
      this.need(4, name);
      into.push(this.view.getFloat32(this.at, true));
      this.at += 4;
    });
  }

  /**
   * The undecoded bytes of one number, or of a packed list: fixed ones of `width` bytes, varints
   * for 0.
   */
  numbers(name: string, width: 0 | 4 | 8): Uint8Array {
    if (this.wire === BYTES) {
      const bytes = this.raw(name);
      if (width > 0 && bytes.length % width !== 0)
        this.fail(name, `a multiple of ${width} bytes`, `${bytes.length} bytes`);
      return bytes;
    }
    const start = this.at;
    this.expect(width === 0 ? VARINT : width === 4 ? FIXED32 : FIXED64, name);
    this.skip();
    return this.bytes.subarray(start, this.at);
  }

  /** @throws RadaptError `onnx.unreadable` */
  fail(field: string, expected: string, got: string): never {
    throw new RadaptError("This is not a whole ONNX file", {
      code: "onnx.unreadable",
      where: this.where(field),
      expected,
      got,
      remedy: "The download may have been cut short, or the file is of another kind: export or download it again.",
    });
  }

  private packed(name: string, item: () => void): void {
    const length = this.length(name);
    const outer = this.end;
    this.end = this.at + length;
    while (this.at < this.end) item();
    this.end = outer;
  }

  private length(name: string): number {
    this.expect(BYTES, name);
    const length = this.varint(name);
    if (length < 0) this.fail(name, "a length", String(length));
    this.need(length, name);
    return length;
  }

  private need(count: number, name: string): void {
    const left = this.end - this.at;
    if (count > left) this.fail(name, `${withSeparators(count)} bytes`, `${withSeparators(left)} left`);
  }

  private expect(wire: number, name: string): void {
    if (this.wire !== wire)
      this.fail(name, wireNames[wire], wireNames[this.wire] ?? `something of wire type ${this.wire}`);
  }

  private varint(name: string): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) this.fail(name, "another byte of a number", "the end");
      const byte = this.bytes[this.at++];
      if (shift < 28) low |= (byte & 127) << shift;
      else if (shift === 28) {
        low |= (byte & 15) << 28;
        high |= (byte & 127) >> 4;
      } else high |= (byte & 127) << (shift - 32);
      if (byte < 128) return high * 2 ** 32 + (low >>> 0);
    }
    return this.fail(name, "a number of at most 10 bytes", "more");
  }

  private skip(): void {
    if (this.wire === VARINT) this.varint("number");
    else if (this.wire === BYTES) this.raw("unknown field");
    else if (this.wire === FIXED32 || this.wire === FIXED64) {
      const width = this.wire === FIXED32 ? 4 : 8;
      this.need(width, "unknown field");
      this.at += width;
    } else this.fail("", "a field", `wire type ${this.wire}`);
  }
}

/** Signed integers of a run of varints; beyond 2⁵³ the nearest number. */
export function decodeVarints(bytes: Uint8Array, each: (value: number) => void): void {
  let low = 0;
  let high = 0;
  let shift = 0;
  for (const byte of bytes) {
    if (shift < 28) low |= (byte & 127) << shift;
    else if (shift === 28) {
      low |= (byte & 15) << 28;
      high |= (byte & 127) >> 4;
    } else if (shift < 64) high |= (byte & 127) << (shift - 32);
    shift += 7;
    if (byte >= 128) continue;
    each(high * 2 ** 32 + (low >>> 0));
    low = high = shift = 0;
  }
}
