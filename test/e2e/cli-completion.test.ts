// SPDX-License-Identifier: Apache-2.0
/** `panorama completion`: the script as bash runs it, and what it gets for an answer. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionOf } from '../../src/cli/completion/completion.js';
import { panoramaProgram } from '../../src/cli/program.js';
import { panorama } from '../support/command.js';
import { CompletionWorld } from '../support/completion-world.js';

const program = panoramaProgram('0.0.0');

describe('what can be completed', () => {
  const wordsAfter = (...words: readonly string[]) => completionOf(program, words).candidates.map(({ word }) => word);

  it('is every command, and nothing that is not one', () => {
    const commands = wordsAfter('');
    expect(commands).toEqual(expect.arrayContaining(['engine', 'watch', 'get', 'replay', 'help']));
    expect(commands).not.toContain('complete');
    expect(wordsAfter('get', '')).toEqual(['verdict', 'view', 'report', 'panorama', 'help']);
    expect(wordsAfter('engine', '')).toEqual([]);
  });

  it('is every option of every command', () => {
    for (const command of program.commands.filter(({ commands }) => commands.length === 0)) {
      const options = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long);
      expect(wordsAfter(command.name(), '--')).toEqual([...options, '--help']);
    }
  });

  it('is what stands in choices, behind an option and for an argument', () => {
    expect(wordsAfter('check', 'x', '--fail-on', '')).toEqual(['pending', 'maybe_unhealthy', 'unhealthy']);
    expect(wordsAfter('list', 'subjects', '--failure', 'g')).toEqual(['gray']);
    expect(wordsAfter('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(wordsAfter('doctor', '--fail-on', 'warning', '--fail')).toEqual(['--fail-on']);
  });

  it('is a name or a file where one is wanted, of the engine that the line names', () => {
    const at = (...words: readonly string[]) => completionOf(program, words);
    expect(at('get', 'view', '').names).toBe('observers');
    expect(at('get', 'view', 'web/w1', '').names).toBe('subjects');
    expect(at('check', 'a', 'b', 'c').names).toBe('subjects');
    expect(at('engine', '--history', '').names).toBe('files');
    expect(at('replay', '').names).toBe('files');
    expect(at('check', '--api', 'h:1', '--token-file=t', '').given).toEqual({ api: 'h:1', tokenFile: 't' });
    expect(at('get', 'verdict', '--', '--').names).toBe('subjects');
  });
});

const hasBash = (() => {
  try {
    return execFileSync('bash', ['--version']).length > 0;
  } catch {
    return false;
  }
})();

if (!hasBash) process.stderr.write('panorama completion is not tried in a shell: there is no bash here\n');

describe.skipIf(!hasBash)('in bash', () => {
  let world: CompletionWorld;

  beforeAll(async () => {
    world = await CompletionWorld.start();
  }, 30_000);
  afterAll(() => world.stop());

  /** What bash would offer, a line each. */
  async function offered(line: string, api?: string): Promise<string[]> {
    const script =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
      'source <(panorama completion bash); COMP_LINE=$1 COMP_POINT=${#1}; _panorama; printf "%s\\n" "${COMPREPLY[@]}"';
    const where = { env: world.env(api), cwd: world.folder };
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script, 'bash', line], where);
    expect(stderr).toBe('');
    return stdout.split('\n').filter((each) => each !== '');
  }

  it('completes commands, options and choices', async () => {
    expect(await offered('panorama wa')).toEqual(['watch']);
    expect(await offered('panorama check --fa')).toEqual(['--fail-on']);
    expect(await offered('panorama check --fail-on u')).toEqual(['unhealthy']);
  });

  it('completes names of subjects, from the last colon on as bash wants it, and none that a shell would obey', async () => {
    expect(await offered('panorama get verdict sh')).toEqual(['shop/s1', 'shop/s2']);
    expect(await offered('panorama get verdict 10.0.0.7:9')).toEqual(['9000']);
    expect(await offered('panorama check ')).toEqual(['10.0.0.7:9000', 'shop/s1', 'shop/s2']);
  });

  it('completes files, blanks and all', async () => {
    expect(await offered('panorama replay a')).toEqual(['a recording.jsonl']);
  });

  it('says nothing where no engine answers', async () => {
    expect(await offered('panorama check ', '127.0.0.1:1')).toEqual([]);
  });
});

it('is printed for zsh and fish too, and refused for others', async () => {
  for (const shell of ['zsh', 'fish']) expect((await panorama(['completion', shell])).stdout).toContain('complete --');
  const { code, stderr } = await panorama(['completion', 'tcsh']);
  expect([code, stderr]).toEqual([64, expect.stringContaining('bash, zsh, fish')]);
});
