// SPDX-License-Identifier: Apache-2.0
/** docs/replay.md is held against the command, both ways. */
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { replayCommand } from '../src/cli/commands/replay.js';
import { stateJson } from '../src/cli/replay/state-line.js';
import { HealthStatus } from '../src/model/status.js';
import { read, rowsOf } from './support/pages.js';

const page = read('docs/replay.md');

describe('docs/replay.md', () => {
  it('has a row for each option, and no other', () => {
    const program = new Command();
    replayCommand(program);
    const options = program.commands.flatMap((command) => command.options.map(({ long }) => long));
    const documented = rowsOf(page).flatMap(([name]) => name?.match(/--[\w-]+/g) ?? []);
    expect(documented.sort()).toEqual(options.sort());
  });

  it('shows every field of a line of JSON, and no other', () => {
    const shown = JSON.parse(/```json state\n([\s\S]*?)```/.exec(page)?.[1] ?? 'null') as object;
    const line = stateJson({
      ...{ atMs: 1, environment: 'prod', subject: 'a/1', status: HealthStatus.UNHEALTHY, failure: 'gray' },
      ...{ blame: 'a/1', sinceMs: 1, reason: 'timeout', operations: [] },
    });
    expect(Object.keys(shown)).toEqual(Object.keys(line));
  });
});
