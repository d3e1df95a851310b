/**
 * `murmur agent --gossip` had left, and its process stayed: the WebRTC library had forgotten a callback uncalled, and held the
 * process by it. Where the channel is closed with its connection that does not happen; and a command that is done ends its process.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleScript, type BundledScript } from '../helpers/bundle-script.ts';

let script: BundledScript;
beforeAll(async () => {
  script = await bundleScript(new URL('../helpers/held-process.ts', import.meta.url));
});
afterAll(() => script?.remove());

describe('a process whose command is done', () => {
  it.each(['free', 'held'])('ends with its exit code and all it said, %s as it is', async (how) => {
    const child = spawn(process.execPath, [script.path, how], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said, ended] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect({ said, ended }).toEqual({ said: 'done\n', ended: [3, null] });
  });
});
