/**
 * The backbones on this machine: stored ones, and those that the app ships where none of the same
 * id is stored.
 */
import { messageOf, RadaptError } from "../base";
import { type Model, openModel } from "../engine/index";
import { splitFiles } from "../models/files";
import { embeddedBackbones } from "../models/manifest";
import type { BackboneRow } from "../models/types";
import type { BrowserStorage } from "../storage";
import { unknownBackbone } from "./sources";

type Bytes = Uint8Array<ArrayBuffer>;

export interface BackboneLibrary {
  list(): Promise<BackboneRow[]>;
  /** @throws RadaptError `backbone.missing` */
  find(id: string): Promise<BackboneRow>;
  /**
   * The .onnx file, followed by its data files.
   *
   * @throws RadaptError `backbone.missing`, `backbone.embedded`
   */
  bytes(row: BackboneRow, signal?: AbortSignal): Promise<Bytes>;
}

/** @param baseUrl the app's address */
export function createLibrary(
  store: () => Promise<Pick<BrowserStorage, "backbones">>,
  baseUrl: () => string,
): BackboneLibrary {
  /** Shipped backbones are small. Once loaded they stay, so that later tasks need no network. */
  const loaded = new Map<string, Bytes>();

  const list = async () => {
    const stored = await (await store()).backbones.list();
    const shipped = embeddedBackbones.map(({ row }) => row).filter((row) => !stored.some(({ id }) => id === row.id));
    return [...stored, ...shipped];
  };

  return {
    list,
    find: async (id) => findBackbone(await list(), id),
    bytes: async (row, signal) => {
      const embedded = embeddedBackbones.find((candidate) => candidate.row.id === row.id);
      if (embedded) {
        const bytes = loaded.get(row.id) ?? (await fetchEmbedded(new URL(embedded.path, baseUrl()), signal));
        loaded.set(row.id, bytes);
        return bytes;
      }
      const blob = await (await store()).backbones.bytes(row.id);
      if (!blob) throw unknownBackbone(row.name);
      return new Uint8Array(await blob.arrayBuffer());
    },
  };
}

/** @throws RadaptError `backbone.missing` */
export function findBackbone(rows: readonly BackboneRow[], id: string): BackboneRow {
  const row = rows.find((candidate) => candidate.id === id);
  if (!row) throw unknownBackbone(id);
  return row;
}

/**
 * Opens a backbone's file in the engine.
 *
 * @param bytes the .onnx file, followed by its data files
 * @param given the input size and the roles to open it with
 */
export function openBackboneModel(
  bytes: Bytes,
  { external }: Pick<BackboneRow, "external">,
  { preprocessing, roles }: Pick<BackboneRow, "preprocessing" | "roles">,
): Model {
  const files = splitFiles(bytes, external);
  return openModel(files.bytes, {
    imageSize: preprocessing.size,
    roles,
    external: (location) => files.external.get(location),
  });
}

async function fetchEmbedded(url: URL, signal?: AbortSignal): Promise<Bytes> {
  const failed = (got: string, remedy: string) =>
    new RadaptError("The shipped backbone could not be loaded.", {
      code: "backbone.embedded",
      where: url.pathname,
      got,
      remedy,
    });
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw failed(messageOf(error), "Check that this machine still reaches the address of the app, and try again.");
  });
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  throw failed(`HTTP ${response.status}`, "Reload the page. If it stays so, the installation lacks its models folder.");
}
