/** Files that the owner drops on the page or picks there, each with its path: a File alone forgets its folder. */

/** Can be posted to a worker as it is. */
export interface DroppedFile {
  /** `cats/1.png` for a file in a folder, `data.csv` for one alone. */
  readonly path: string;
  readonly file: File;
}

/** From `<input type="file">`, with or without `webkitdirectory`. */
export function pickedFiles(files: Iterable<File>): DroppedFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * From a drop, folders opened. Call it within the event's handler: the browser
 * empties `transfer` as soon as the handler has returned.
 */
export async function droppedFiles(transfer: DataTransfer): Promise<DroppedFile[]> {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const roots = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: DroppedFile[] = [];
  for (const { entry, file } of roots) {
    if (entry) await walk(entry, found);
    else if (file) found.push({ path: file.name, file });
  }
  return found;
}

async function walk(entry: FileSystemEntry, found: DroppedFile[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // Chrome hands out at most a hundred entries a call; an empty batch is the end.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    for (const child of batch) await walk(child, found);
  }
}
