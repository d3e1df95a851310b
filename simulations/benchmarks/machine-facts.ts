/** On what was measured: without it a figure says little. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, rounded } from './summary.ts';

export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  /** Runnable processes over the last minute: whether the machine was quiet. */
  readonly load: number;
  readonly node: string;
  readonly platform: string;
  /** Milliseconds that a small write with its sync takes where the benchmarks keep their files. */
  readonly syncMs: number;
}

export async function readMachineFacts(): Promise<MachineFacts> {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown', cores: all.length, load: rounded(loadavg()[0]),
    node: process.versions.node, platform: `${process.platform} ${process.arch}`, syncMs: rounded(await measureSync()),
  };
}

async function measureSync(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'murmuration-bench-'));
  try {
    const file = await open(join(folder, 'probe'), 'a');
    try {
      const samples: number[] = [];
      for (let i = 0; i < 15; i++) {
        const begun = performance.now();
        await file.appendFile(Buffer.alloc(4096));
        await file.datasync();
        samples.push(performance.now() - begun);
      }
      return median(samples);
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
