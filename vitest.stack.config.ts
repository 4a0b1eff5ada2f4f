// SPDX-License-Identifier: Apache-2.0
/** Tests against real servers of other people, which they start themselves. `.ci/install-stack` installs those. */
import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: Vitest reads the default export.
export default defineConfig({
  test: {
    include: ['test/stack/**/*.stack.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/property-seed.ts'],
    // Each file starts several processes; side by side they would only wait for each other's.
    fileParallelism: false,
  },
});
