// SPDX-License-Identifier: Apache-2.0
/** An engine on every address of the machine, as a user has it: the built program, stock exporters, and what each mistake says. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerdictJson } from '../../src/engine/api/shapes.js';
import { authority } from '../support/certificates.js';
import { startChild } from '../support/child.js';
import { BIN, type EngineProcess, FREE_PORTS, startEngineProcess } from '../support/engine-process.js';
import { ROOT } from '../support/imports.js';
import { until } from '../support/until.js';

const SENDER = 'token-of-the-senders';
const READER = 'token-of-the-readers';

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let engine: EngineProcess;
let api: string;
const file = (name: string) => path.join(folder, name);
const everywhere = FREE_PORTS.map((word) => word.replace('127.0.0.1', '0.0.0.0'));
const portOf = (address: string) => address.slice(address.lastIndexOf(':') + 1);

function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Result> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, NO_COLOR: '1', PANORAMA_API: '', ...env }, timeout: 20_000 };
    const child = execFile(process.execPath, args, options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
const panorama = (args: readonly string[], env?: Readonly<Record<string, string>>) => node([BIN, ...args], env);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'panorama-'));
  const ours = authority('our authority');
  for (const name of ['engine', 'client']) {
    const { cert, key } = ours.issue(name);
    writeFileSync(file(`${name}.crt`), cert);
    writeFileSync(file(`${name}.key`), key);
  }
  writeFileSync(file('ca.crt'), ours.cert);
  writeFileSync(file('tokens'), `ingest ${SENDER}\nread ${READER}\n`);
  writeFileSync(file('token'), `${READER}\n`);
  const tls = ['--tls-cert', file('engine.crt'), '--tls-key', file('engine.key'), '--tls-client-ca', file('ca.crt')];
  engine = await startEngineProcess(...everywhere, ...tls, '--tokens-file', file('tokens'));
  api = `https://localhost:${portOf(engine.addresses.api)}`;
});
afterAll(() => {
  engine.process.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

describe('an engine that would be open to everybody', () => {
  it('does not start, and names what is missing and the word that lets it', async () => {
    const { code, stderr } = await panorama(['engine', ...everywhere]);
    expect(code).toBe(78);
    expect(stderr).toMatch(/--otlp-grpc 0\.0\.0\.0:0, --otlp-http 0\.0\.0\.0:0, --api 0\.0\.0\.0:0 can be reached/);
    expect(stderr).toMatch(/--tls-cert.*--tokens-file.*--insecure-bind.*\[PANO_EXPOSED\]\n$/);
  });

  it('starts with that word', async () => {
    const open = await startEngineProcess(...everywhere, '--insecure-bind');
    const { code } = await panorama(['dump', 'verdicts', '--api', `127.0.0.1:${portOf(open.addresses.api)}`]);
    open.process.kill('SIGKILL');
    expect(code).toBe(0);
  });
});

describe('the command line', () => {
  const certificate = () => ['--cert', file('client.crt'), '--key', file('client.key')];
  const verdicts = (...flags: readonly string[]) => panorama(['dump', 'verdicts', '--api', api, ...flags]);

  it('shows a certificate and the token of a file', async () => {
    const { code, stderr } = await verdicts('--ca', file('ca.crt'), ...certificate(), '--token-file', file('token'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('shows the token of the variable, and the engine of the variable', async () => {
    const env = { PANORAMA_TOKEN: READER, PANORAMA_API: api };
    const { code, stdout } = await panorama(
      ['dump', 'verdicts', '--json', '--ca', file('ca.crt'), ...certificate()],
      env,
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('verdicts');
  });

  it('reports with the token of a sender, and not with that of a reader', async () => {
    const otlp = `https://localhost:${portOf(engine.addresses.otlpHttp)}`;
    const words = ['report', 'shop', 'GET:healthy', '--otlp', otlp, '--ca', file('ca.crt'), ...certificate()];
    const sender = await panorama(words, { PANORAMA_TOKEN: SENDER });
    expect([sender.code, sender.stderr]).toEqual([0, '']);
    const reader = await panorama(words, { PANORAMA_TOKEN: READER });
    expect([reader.code, reader.stderr]).toEqual([77, expect.stringContaining('PANO_FORBIDDEN')]);
    const nobody = await panorama(words);
    expect([nobody.code, nobody.stderr]).toEqual([77, expect.stringContaining('PANO_UNAUTHENTICATED')]);
  });

  it('pings without a token, and is told more with one; watches with one alone', async () => {
    const words = ['--api', api, '--ca', file('ca.crt'), ...certificate()];
    const stranger = await panorama(['ping', ...words]);
    expect([stranger.code, stranger.stdout]).toEqual([0, expect.stringMatching(/takes spans \([\d.]+ ms\)$/m)]);
    expect((await panorama(['ping', ...words], { PANORAMA_TOKEN: READER })).stdout).toContain(', version ');
    const watch = await panorama(['watch', ...words]);
    expect([watch.code, watch.stderr]).toEqual([77, expect.stringContaining('PANO_UNAUTHENTICATED')]);
  });

  it('says what to do where the engine is not trusted', async () => {
    const { code, stderr } = await verdicts(...certificate(), '--token-file', file('token'));
    expect(code).toBe(69);
    expect(stderr).toMatch(/is not trusted .*--ca FILE/);
  });

  it('says what to do where the engine wants a certificate', async () => {
    const { code, stderr } = await verdicts('--ca', file('ca.crt'), '--token-file', file('token'));
    expect(code).toBe(69);
    expect(stderr).toMatch(/breaks off .*--cert, --key/);
  });

  it('says what to do where the engine speaks TLS', async () => {
    const { code, stderr } = await panorama(['dump', 'verdicts', '--api', api.replace('https', 'http')]);
    expect(code).toBe(69);
    expect(stderr).toMatch(/may want https:\/\//);
  });

  it('says so where a token is missing or allows something else', async () => {
    const none = await verdicts('--ca', file('ca.crt'), ...certificate());
    expect([none.code, none.stderr]).toEqual([77, expect.stringContaining('PANO_UNAUTHENTICATED')]);
    const flags = ['dump', 'verdicts', '--api', api, '--ca', file('ca.crt'), ...certificate()];
    const other = await panorama(flags, { PANORAMA_TOKEN: SENDER });
    expect([other.code, other.stderr]).toEqual([77, expect.stringContaining('PANO_FORBIDDEN')]);
    expect(other.stderr).not.toContain(SENDER);
  });

  it.each([
    ['--token-file', 'no-such-file', /--token-file .*no-such-file cannot be read \(ENOENT\)/],
    ['--ca', 'no-such-file', /--ca .*cannot be read/],
    ['--token-file', 'ca.crt', /--token-file holds no token/],
  ])('refuses %s %s', async (flag, name, why) => {
    const { code, stderr } = await verdicts(flag, file(name));
    expect(code).toBe(64);
    expect(stderr).toMatch(why);
  });
});

describe('a service with panorama-otel/register and nothing but variables', () => {
  it('shows its certificate and token with spans and observations, and is heard', async () => {
    const caller = startChild(path.join(import.meta.dirname, 'fixtures/refused-caller.mjs'), ['1'], {
      NODE_OPTIONS: `--import ${pathToFileURL(path.join(ROOT, 'dist/register.js'))}`,
      OTEL_SERVICE_NAME: 'web',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      PANORAMA_ENDPOINT: `https://localhost:${portOf(engine.addresses.otlpGrpc)}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${portOf(engine.addresses.otlpHttp)}`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${SENDER}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.crt'),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('client.crt'),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: file('client.key'),
    });
    const flags = ['--json', '--ca', file('ca.crt'), '--cert', file('client.crt'), '--key', file('client.key')];
    const told = async () => {
      const { stdout } = await panorama(['dump', 'verdicts', '--api', api, ...flags, '--token-file', file('token')]);
      const { verdicts } = JSON.parse(stdout) as { verdicts: VerdictJson[] };
      return verdicts.find(({ subject, status }) => subject.startsWith('127.0.0.1:1@') && status === 'unhealthy');
    };
    try {
      const { observersAgainst } = await until('a verdict on who does not answer', told);
      expect(observersAgainst).toEqual([expect.stringMatching(/^web\//)]);
      caller.process.send('end');
      expect(await caller.ended()).toBe(0);
    } finally {
      caller.process.kill('SIGKILL');
    }
  });
});
