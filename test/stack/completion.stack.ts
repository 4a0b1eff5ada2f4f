// SPDX-License-Identifier: Apache-2.0
/** What `panorama completion` prints, in the shells that are not on every machine. Bash is tried in test/e2e. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompletionWorld } from '../support/completion-world.js';
import { until } from '../support/until.js';
import { whyWithout } from './programs.js';

let world: CompletionWorld;
beforeAll(async () => {
  world = await CompletionWorld.start();
});
afterAll(() => world.stop());

describe.skipIf(whyWithout('fish', 'fish'))('fish', () => {
  async function offered(line: string): Promise<string[]> {
    const script = 'panorama completion fish | source; complete -C $argv[1]';
    const where = { env: world.env(), cwd: world.folder };
    const { stdout, stderr } = await promisify(execFile)('fish', ['--no-config', '-c', script, line], where);
    expect(stderr).toBe('');
    return stdout.split('\n').filter((each) => each !== '');
  }

  it('completes commands, options and choices, with what they mean', async () => {
    expect(await offered('panorama wa')).toEqual([expect.stringMatching(/^watch\t\w+/)]);
    expect(await offered('panorama check --fa')).toEqual([expect.stringMatching(/^--fail-on\t\w+/)]);
    expect(await offered('panorama check --fail-on u')).toEqual(['unhealthy']);
  });

  it('completes names of subjects, and none that a shell would obey', async () => {
    const words = (await offered('panorama check ')).map((line) => line.split('\t')[0]);
    expect(words.sort()).toEqual(['10.0.0.7:9000', 'shop/s1', 'shop/s2']);
  });

  it('completes files', async () => {
    const [file, ...more] = await offered('panorama replay a');
    expect([file?.replace('\\ ', ' '), more]).toEqual([expect.stringMatching(/^a recording\.jsonl/), []]);
  });
});

/** Keys: what completes, and what our widget shows the line with. */
const TAB = '\t';
const SHOW = '\x18';

describe.skipIf(whyWithout('zsh', 'zsh') ?? whyWithout('script', 'bsdutils'))('zsh', () => {
  let shell: ChildProcessWithoutNullStreams;
  let said = '';

  beforeAll(async () => {
    // `script` gives it a terminal: completion is a matter of its line editor.
    const where = { env: { ...world.env(), TERM: 'dumb' }, cwd: world.folder };
    shell = spawn('script', ['--quiet', '--flush', '--command', 'zsh -f -i', '/dev/null'], where);
    shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const setUp = [
      'autoload -Uz compinit; compinit -u -D',
      'source <(panorama completion zsh)',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is zsh's
      'show() { print -r -- "LINE<${BUFFER}>"; BUFFER= }; zle -N show; bindkey "^X" show; bindkey "^I" complete-word',
      'print RE""ADY',
    ];
    shell.stdin.write(`${setUp.join('\n')}\n`);
    await until('zsh', () => said.includes('READY') || undefined);
  });
  afterAll(() => shell.kill('SIGKILL'));

  /** The line as it is after a tab behind it. */
  async function completed(line: string): Promise<string> {
    said = '';
    shell.stdin.write(`${line}${TAB}${SHOW}`);
    return until(`what zsh makes of ${line}`, () => /LINE<(.*)>/.exec(said)?.[1]);
  }

  it('completes commands, options and choices', async () => {
    expect(await completed('panorama wa')).toBe('panorama watch ');
    expect(await completed('panorama check --fa')).toBe('panorama check --fail-on ');
    expect(await completed('panorama check --fail-on u')).toBe('panorama check --fail-on unhealthy ');
  });

  it('completes names of subjects as far as they are one, also such with a colon', async () => {
    expect(await completed('panorama get verdict sh')).toBe('panorama get verdict shop/s');
    expect(await completed('panorama check 10.')).toBe('panorama check 10.0.0.7:9000 ');
  });

  it('completes files, blanks and all', async () => {
    expect(await completed('panorama replay a')).toBe('panorama replay a\\ recording.jsonl ');
  });
});
