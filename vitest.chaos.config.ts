// SPDX-License-Identifier: Apache-2.0
/** Attacks on a running engine. Each has the machine for itself: what is measured is the engine, not the other attack. */
import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: Vitest reads the default export.
export default defineConfig({
  test: {
    include: ['test/chaos/**/*.chaos.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/property-seed.ts'],
    fileParallelism: false,
  },
});
