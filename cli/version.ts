/** The version of this installation, as package.json has it. */
import { createRequire } from 'node:module';

export function readVersion(): string {
  // The package's own name resolves to itself, from the sources as from dist/.
  const { version } = createRequire(import.meta.url)('murmuration/package.json') as { readonly version: string };
  return version;
}
