// SPDX-License-Identifier: Apache-2.0
/** The `panorama` command as a user has it: the built program, its help, its errors, its exit codes. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, type EngineProcess, FREE_PORTS, startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function panorama(...args: readonly string[]): Promise<Result> {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1', PANORAMA_API: '' };
    const child = execFile(process.execPath, [BIN, ...args], { env, timeout: 20_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

let engine: EngineProcess;

beforeAll(async () => {
  engine = await startEngineProcess();
});
afterAll(() => engine.process.kill('SIGKILL'));

/** Failed calls of `web/w1`, as many as convict, through the stock exporter. */
async function sendFailure(subject = 'shop/s1'): Promise<void> {
  const exporter = new OTLPTraceExporter({ url: `http://${engine.addresses.otlpHttp}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'web', 'service.instance.id': 'w1' }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const attributes = { 'panorama.subject': subject, 'http.request.method': 'GET', 'error.type': 'ECONNREFUSED' };
  for (let count = 0; count < 5; count++) {
    const span = provider.getTracer('test').startSpan('GET', { kind: 2, attributes });
    span.setStatus({ code: 2, message: '\u001b[31mnot a colour\u0007' });
    span.end();
  }
  await provider.shutdown();
}

describe('panorama --help', () => {
  it('lists every command with a line that says what it does', async () => {
    const { code, stdout } = await panorama('--help');
    expect(code).toBe(0);
    for (const command of ['engine', 'verdicts', 'subject', 'doctor'])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} .+\\w`, 'm'));
  });

  it.each(['engine', 'verdicts', 'subject', 'doctor'])('%s has examples', async (command) => {
    const { code, stdout } = await panorama(command, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`$ panorama ${command}`);
  });
});

describe('a mistake', () => {
  it('in a command gets a suggestion', async () => {
    const { code, stderr } = await panorama('verdict');
    expect(code).toBe(64);
    expect(stderr).toContain('Did you mean verdicts?');
  });

  it('in an option says which and what is wanted, and not a stack trace', async () => {
    const { code, stderr } = await panorama('engine', '--api', 'nonsense', '--log-level', 'loud');
    expect(code).toBe(78);
    expect(stderr).toMatch(/api: must be HOST:PORT.*logLevel/s);
    expect(stderr).not.toContain('    at ');
  });

  it('in the engine’s address says how to start one', async () => {
    const { code, stderr } = await panorama('verdicts', '--api', 'http://127.0.0.1:1');
    expect(code).toBe(69);
    expect(stderr).toContain('panorama engine');
  });
});

describe('an engine whose port is taken', () => {
  it.each([['--otlp-grpc'], ['--otlp-http'], ['--api']])('says so and names %s', async (flag) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const args = FREE_PORTS.map((word, index) => (FREE_PORTS[index - 1] === flag ? taken : word));
    const { code, stderr } = await panorama('engine', ...args);
    other.close();
    expect(code).toBe(71);
    expect(stderr).toContain(`another process listens on ${taken} already`);
    expect(stderr).toContain(flag);
  });
});

describe('a running engine', () => {
  it('that has seen nothing yet says what to do', async () => {
    const { code, stdout } = await panorama('verdicts', '--api', engine.addresses.api);
    expect(code).toBe(0);
    expect(stdout).toContain('panorama doctor');
  });

  it('names who is failing, as a table and as JSON, and prints nothing that a terminal would obey', async () => {
    await sendFailure();
    const table = await until('the verdict', async () => {
      const { stdout } = await panorama('verdicts', '--api', engine.addresses.api);
      return stdout.includes('shop/s1') ? stdout : undefined;
    });
    expect(table).toMatch(/^shop\/s1 +unhealthy +crash +\d+ s +GET +refused +web\/w1$/m);
    const { stdout } = await panorama('verdicts', '--api', engine.addresses.api, '--json', '--status', 'unhealthy');
    expect(JSON.parse(stdout).verdicts).toMatchObject([{ subject: 'shop/s1', status: 'unhealthy' }]);
    const subject = await panorama('subject', 'shop/s1', '--api', engine.addresses.api);
    expect(subject.stdout).toMatch(/^web\/w1 +GET +caller +unhealthy +refused/m);
    expect(subject.stdout).toContain('not a colour');
    expect(subject.stdout).not.toContain('\u001b');
    expect(subject.stdout).not.toContain('\u0007');
  });

  it('does not know everybody', async () => {
    const { code, stderr } = await panorama('subject', 'nobody', '--api', engine.addresses.api);
    expect(code).toBe(1);
    expect(stderr).toContain('nobody has reported on nobody');
  });

  it('ends with 0 on Ctrl-C, says so in its log and frees its ports', async () => {
    const own = await startEngineProcess();
    let log = '';
    own.process.stdout?.on('data', (part: Buffer) => {
      log += part.toString();
    });
    own.process.kill('SIGINT');
    const [code] = (await once(own.process, 'close')) as [number | null];
    expect(code).toBe(0);
    const said = log.trimEnd().split('\n');
    expect(said.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'engine stopping',
      'engine stopped',
    ]);
    expect((await panorama('verdicts', '--api', own.addresses.api)).code).toBe(69);
  });

  it('is watched in a pipe one line a change, until Ctrl-C', async () => {
    const own = await startEngineProcess();
    const watch = spawn(process.execPath, [BIN, 'verdicts', '--watch', '--json', '--api', own.addresses.api], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const previous = engine;
    engine = own;
    try {
      const lines = createInterface(watch.stdout)[Symbol.asyncIterator]();
      const first = lines.next();
      // The watch begins with what comes after its start, so there must be changes until it has begun.
      let changes = 0;
      await until('a change to be printed', async () => {
        await sendFailure(`shop/s${++changes}`);
        return Promise.race([first, pause(500, undefined)]);
      });
      const event = JSON.parse((await first).value as string) as { verdict: { subject: string; status: string } };
      expect(event.verdict).toMatchObject({
        subject: expect.stringMatching(/^shop\/s\d+$/),
        status: expect.stringMatching(/unhealthy$/),
      });
      // An engine that goes away does not end the watch; Ctrl-C does.
      own.process.kill('SIGKILL');
      const [complaint] = (await once(watch.stderr, 'data')) as [Buffer];
      expect(complaint.toString()).toContain('still asking');
      watch.kill('SIGINT');
      const [code] = (await once(watch, 'exit')) as [number | null];
      expect(code).toBe(0);
    } finally {
      engine = previous;
      watch.kill('SIGKILL');
      own.process.kill('SIGKILL');
    }
  });
});
