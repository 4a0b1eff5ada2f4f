// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

/**
 * Pure rooms: nothing in them is set for a whole process, no global of OpenTelemetry, no environment, no server. Their files
 * share a process, for starting one takes longer than most of them do.
 */
const PURE = [
  'test/baggage/{bag,itc}',
  'test/engine/{calls,identity,intake,store,verdict,wire}',
  'test/examples',
  'test/model',
  'test/observe',
  'test/protobuf',
  'test/scenarios',
  'test/web/state',
].map((room) => `${room}/**/*.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ['test/support/property-seed.ts'],
    // By default one core is left to the user's editor: of two, half stand idle. A third file has work while others wait for
    // sockets and for processes that they started.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      { extends: true, test: { name: 'whole', include: ['test/**/*.test.ts'], exclude: PURE } },
    ],
  },
});
