import { defineConfig } from 'vitest/config';
import { LongFirst } from './long-first.ts';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // By default one core is left to the runner, which has little to do: half of a machine with two.
    maxWorkers: '100%',
    // Files share what they import: to load it anew for each of them is a fifth of all the time.
    isolate: false,
    sequence: { sequencer: LongFirst },
    reporters: ['default', './test/closing-line.ts'],
  },
});
