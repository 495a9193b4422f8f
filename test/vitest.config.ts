import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // By default one core is left to the runner, which has little to do: half of a machine with two.
    maxWorkers: '100%',
    reporters: ['default', './test/closing-line.ts'],
  },
});
