/**
 * Turns the browser's folder picker, file inputs and drops into named files. It does not read them
 * yet.
 */
import type { NamedFile } from "../../worker/protocol";

export interface OpenedFolder {
  name: string;
  files: NamedFile[];
}

/** Files of an input element. Paths in a folder begin below it: its own name is cut off. */
export function fromInput(list: FileList | null): OpenedFolder {
  const files = [...(list ?? [])];
  const first = files[0]?.webkitRelativePath.split("/") ?? [];
  const inFolder = first.length > 1;
  return {
    name: inFolder ? first[0] : "",
    files: files.map((file) => ({
      path: inFolder ? file.webkitRelativePath.split("/").slice(1).join("/") : file.name,
      file,
    })),
  };
}

type DirectoryHandle = FileSystemDirectoryHandle & {
  values(): AsyncIterable<FileSystemFileHandle | DirectoryHandle>;
};
type PickerWindow = Window & { showDirectoryPicker?: (options: { mode: "read" }) => Promise<DirectoryHandle> };

export function canPickFolder(): boolean {
  return typeof (window as PickerWindow).showDirectoryPicker === "function";
}

/** Lets the person pick a folder; null if the person cancels. */
export async function pickFolder(): Promise<OpenedFolder | null> {
  const picker = (window as PickerWindow).showDirectoryPicker;
  if (!picker) return null;
  try {
    const handle = await picker.call(window, { mode: "read" });
    return { name: handle.name, files: await walkHandle(handle, "") };
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw error;
  }
}

async function walkHandle(handle: DirectoryHandle, prefix: string): Promise<NamedFile[]> {
  const files: NamedFile[] = [];
  for await (const child of handle.values()) {
    const path = `${prefix}${child.name}`;
    if (child.kind === "file") files.push({ path, file: await (child as FileSystemFileHandle).getFile() });
    else files.push(...(await walkHandle(child as DirectoryHandle, `${path}/`)));
  }
  return files;
}

/** Files of a drop, including those in its folders at any depth. */
export async function fromDrop(transfer: DataTransfer): Promise<OpenedFolder> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const single = entries.length === 1 && entries[0].isDirectory;
  const files: NamedFile[] = [];
  for (const entry of entries) files.push(...(await walkEntry(entry, single ? "" : `${entry.name}`, single)));
  return { name: entries.find((e) => e.isDirectory)?.name ?? "", files };
}

async function walkEntry(entry: FileSystemEntry, path: string, isRoot = false): Promise<NamedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path, file }];
  }
  const files: NamedFile[] = [];
  for (const child of await childrenOf(entry as FileSystemDirectoryEntry))
    files.push(...(await walkEntry(child, isRoot && path === "" ? child.name : `${path}/${child.name}`)));
  return files;
}

/**
 * `readEntries` returns at most a hundred entries per call. This calls it until it returns none.
 */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return all;
    all.push(...batch);
  }
}
