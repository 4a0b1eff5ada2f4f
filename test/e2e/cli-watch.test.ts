// SPDX-License-Identifier: Apache-2.0
/** `panorama watch` in a pipe, and in a terminal that util-linux's `script` makes. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { panorama } from '../support/command.js';
import { BIN, type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';

const TAKEN = '\u001b[?1049h\u001b[?25l';
const GIVEN_BACK = '\u001b[?25h\u001b[?1049l';
const ENV = { ...process.env, NO_COLOR: '1', TERM: 'xterm' };

let engine: EngineProcess | undefined;
let watch: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
afterEach(() => {
  watch?.kill('SIGKILL');
  engine?.process.kill('SIGKILL');
});

async function report({ addresses }: EngineProcess, subject: string, status = 'unhealthy'): Promise<void> {
  const { code } = await panorama(['report', subject, `GET:${status}:5`, '--otlp', addresses.otlpHttp]);
  expect(code).toBe(0);
}

describe('in a pipe', () => {
  it('tells one line a change, survives the engine’s restart, and ends with 0 on Ctrl-C', async () => {
    engine = await startEngineProcess();
    const { api, otlpHttp, otlpGrpc } = engine.addresses;
    watch = spawn(process.execPath, [BIN, 'watch', '--json', '--api', api], { env: ENV, stdio: 'pipe' });
    const lines = createInterface(watch.stdout)[Symbol.asyncIterator]();
    const first = lines.next();
    // The watch begins with what comes after its start, so there must be changes until it has begun.
    let changes = 0;
    await until('a change to be printed', async () => {
      await report(engine as EngineProcess, `shop/s${++changes}`);
      return Promise.race([first, pause(500, undefined)]);
    });
    const event = JSON.parse((await first).value as string) as { verdict: object };
    expect(event.verdict).toMatchObject({ subject: expect.stringMatching(/^shop\/s\d+$/), status: 'unhealthy' });
    let said = '';
    watch.stderr.on('data', (part: Buffer) => {
      said += part.toString();
    });
    engine.process.kill('SIGKILL');
    await until('the complaint', () => (said.includes('still asking') ? true : undefined));
    engine = await startEngineProcess('--api', api, '--otlp-http', otlpHttp, '--otlp-grpc', otlpGrpc);
    await until('the engine to be found', () => (said.includes('answers again') ? true : undefined));
    await report(engine, 'mail');
    for (let found = false; !found; ) found = ((await lines.next()).value as string).includes('"subject":"mail"');
    watch.kill('SIGINT');
    expect(await once(watch, 'exit')).toEqual([0, null]);
  }, 60_000);

  it('tells only what is chosen, as text', async () => {
    engine = await startEngineProcess();
    const args = ['watch', '--status', 'healthy', '--api', engine.addresses.api];
    watch = spawn(process.execPath, [BIN, ...args], { env: ENV, stdio: 'pipe' });
    const lines = createInterface(watch.stdout)[Symbol.asyncIterator]();
    const first = lines.next();
    let changes = 0;
    await until('a change to be printed', async () => {
      await report(engine as EngineProcess, `bad/${++changes}`);
      await report(engine as EngineProcess, `good/${changes}`, 'healthy');
      return Promise.race([first, pause(500, undefined)]);
    });
    expect((await first).value).toMatch(/Z {2}good\/\d+ {2}na → healthy$/);
  });
});

/** Whether there is what makes a terminal. macOS has another program by this name. */
const hasScript = (() => {
  try {
    return execFileSync('script', ['--version']).includes('util-linux');
  } catch {
    return false;
  }
})();

if (!hasScript) process.stderr.write('panorama watch is not tried in a terminal: util-linux has no `script` here\n');

describe.skipIf(!hasScript)('in a terminal', () => {
  let screen = '';

  /** Starts a watch in a terminal of that size, and gives its process id once it has drawn. */
  async function started({ addresses }: EngineProcess, rows: number, columns: number): Promise<number> {
    screen = '';
    const command = `stty rows ${rows} cols ${columns}; echo "pid $$"; exec "${process.execPath}" "${BIN}" watch --api ${addresses.api}`;
    watch = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env: ENV, stdio: 'pipe' });
    watch.stdout.on('data', (part: Buffer) => {
      screen += part.toString();
    });
    await until('a picture', () => (screen.includes('q quits') ? true : undefined));
    return Number(/pid (\d+)/.exec(screen)?.[1]);
  }

  const shows = (text: string) => until(text, () => (lastPicture().includes(text) ? true : undefined));
  /** Pictures begin at the upper left. */
  const lastPicture = () => screen.split('\u001b[H').at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what draws is no text
  const linesOf = (picture: string) => picture.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, '').split(/\r+\n/);

  it('draws what fits, scrolls, filters, and gives the terminal back', async () => {
    engine = await startEngineProcess();
    for (let index = 10; index < 22; index++) await report(engine, `shop/s${index}`);
    await report(engine, 'stock', 'healthy');
    await started(engine, 10, 50);
    await shows('shop/s10');
    expect(screen).toContain(TAKEN);
    await shows('… and 8 more');
    const lines = linesOf(lastPicture());
    expect(lines).toHaveLength(10);
    expect(lines.filter((line) => line.length > 50)).toEqual([]);
    watch?.stdin.write('\u001b[6~');
    await shows('5 above, … and 3 more');
    watch?.stdin.write('G');
    await shows('stock');
    watch?.stdin.write('/s1');
    await shows('/s1▏');
    await shows('10 of 13');
    watch?.stdin.write('\rg');
    await shows('shop/s10');
    // A change is drawn without anybody asking.
    watch?.stdin.write('\u001b');
    await report(engine, 'zebra', 'dead');
    await shows('zebra');
    watch?.stdin.write('q');
    expect(await once(watch as NonNullable<typeof watch>, 'exit')).toEqual([0, null]);
    expect(screen.indexOf(GIVEN_BACK)).toBe(screen.lastIndexOf(GIVEN_BACK));
    expect(screen.endsWith(GIVEN_BACK)).toBe(true);
  }, 60_000);

  it.each([['SIGINT'], ['SIGTERM'], ['SIGHUP']] as const)('gives it back on %s', async (signal) => {
    engine = await startEngineProcess();
    const pid = await started(engine, 24, 80);
    process.kill(pid, signal);
    await once(watch as NonNullable<typeof watch>, 'exit');
    expect(screen.endsWith(GIVEN_BACK)).toBe(true);
  });

  it('gives it back on Ctrl-C, also while no engine answers, which it says', async () => {
    engine = await startEngineProcess();
    await started(engine, 24, 80);
    engine.process.kill('SIGKILL');
    await shows('the engine does not answer');
    watch?.stdin.write('\u0003');
    expect(await once(watch as NonNullable<typeof watch>, 'exit')).toEqual([0, null]);
    expect(screen.endsWith(GIVEN_BACK)).toBe(true);
  });

  it('does not take it where no engine answers from the start', async () => {
    watch = spawn(
      'script',
      ['--quiet', '--return', '--command', `"${process.execPath}" "${BIN}" watch --api 127.0.0.1:1`, '/dev/null'],
      {
        env: ENV,
        stdio: 'pipe',
      },
    );
    let said = '';
    watch.stdout.on('data', (part: Buffer) => {
      said += part.toString();
    });
    expect(await once(watch, 'exit')).toEqual([69, null]);
    expect(said).toContain('no engine answers');
    expect(said).not.toContain('\u001b[?1049');
  });
});
