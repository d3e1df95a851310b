import { defineConfig } from 'vitest/config';

// `source` makes `#platform/…` resolve to the TypeScript files instead of dist/. No `import` here: it would
// also hold for what CommonJS packages require, and give socket.io the wrong half of ws.
const conditions = ['source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['node'] } },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A page on a busy machine takes its time.
    expect: { poll: { timeout: 15_000 } },
  },
});
