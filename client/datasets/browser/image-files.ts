/** Images decoded by the browser itself; needs no page, so a worker does it. */
import { MurmurError } from '../../../shared/errors.ts';
import type { Dataset } from '../../../shared/model/examples.ts';
import type { ImageContract } from '../../../shared/task/data-contract.ts';
import { classIndex, imageDataset, OTHER_IMAGE, READABLE_IMAGE, writePixels } from '../images.ts';
import { createProblems, listed, quoted, type DatasetProblems } from '../problems.ts';
import type { DroppedFile } from './dropped-files.ts';

interface LabelledFile extends DroppedFile {
  readonly label: number;
}

/**
 * Images are stretched to the contract's height and width, turned as their EXIF says, laid
 * on black where they are transparent. Order: by path. Files that are no images are passed over.
 * @throws bad_dataset naming the images that are in no class's folder and those that cannot be read.
 */
export async function loadImageFiles(files: readonly DroppedFile[], contract: ImageContract, chosenClass: string | undefined, source: string): Promise<Dataset> {
  const problems = createProblems(source);
  const images = label(files, contract, chosenClass, problems);
  problems.throwIfAny();
  const { height, width, channels } = contract;
  const size = height * width * channels;
  const pixels = new Uint8Array(images.length * size);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  if (!context) throw new MurmurError('bad_dataset', 'this browser gives no 2D canvas: images cannot be decoded here');
  for (const [i, { path, file }] of images.entries()) {
    let bitmap: ImageBitmap;
    try {
      bitmap = await createImageBitmap(file, { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' });
    } catch (error) {
      problems.add({ file: path, found: `a file that cannot be decoded (${error instanceof Error ? error.message : String(error)})`, expected: 'a PNG, JPEG or WebP image' });
      continue;
    }
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    writePixels(context.getImageData(0, 0, width, height).data, 4, channels, pixels, i * size);
  }
  problems.throwIfAny();
  return imageDataset(pixels, Int32Array.from(images, (image) => image.label), contract, source);
}

function label(files: readonly DroppedFile[], contract: ImageContract, chosenClass: string | undefined, problems: DatasetProblems): LabelledFile[] {
  const chosen = chosenClass === undefined ? -1 : classIndex(contract.classes, chosenClass);
  if (chosenClass !== undefined && chosen < 0) throw new MurmurError('bad_dataset', `${quoted(chosenClass)} is no class of the task; its classes are ${listed(contract.classes)}`);
  const labelled: LabelledFile[] = [];
  for (const { path, file } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    if (OTHER_IMAGE.test(path)) problems.add({ file: path, found: 'an image of another format', expected: 'PNG, JPEG or WebP: convert it' });
    if (!READABLE_IMAGE.test(path)) continue;
    const folder = path.split('/').at(-2);
    const index = chosen >= 0 ? chosen : folder === undefined ? -1 : classIndex(contract.classes, folder);
    if (index >= 0) labelled.push({ path, file, label: index });
    else problems.add({ file: path, found: folder === undefined ? 'an image in no folder' : `the folder ${quoted(folder)}`, expected: `a folder named after its class, one of ${listed(contract.classes)}, or a class chosen for all` });
  }
  return labelled;
}
