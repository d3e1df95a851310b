/** Hands the owner a file that was made on this page. */
import { create } from './dom.ts';

/** A browser reads the file some time after the click. */
const KEEP_FILE_MS = 60_000;

export function offerFile(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const link = create('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_FILE_MS);
}
