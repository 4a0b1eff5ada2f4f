// SPDX-License-Identifier: Apache-2.0
/** `panorama doctor` as an operator has it: what it prints, what a script gets, and how it ends. */
import { execFile } from 'node:child_process';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../src/engine/doctor/diagnosis.js';
import { BIN, type EngineProcess, startEngineProcess } from '../support/engine-process.js';

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let engine: EngineProcess;
beforeAll(async () => {
  engine = await startEngineProcess();
});
afterAll(() => engine.process.kill('SIGKILL'));

function doctor(...flags: readonly string[]): Promise<Result> {
  const env = { ...process.env, NO_COLOR: '1', PANORAMA_API: '' };
  return new Promise((resolve) => {
    const args = [BIN, 'doctor', '--api', engine.addresses.api, ...flags];
    const child = execFile(process.execPath, args, { env, timeout: 20_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** A service whose calls name nobody, and whose name would obey if a terminal let it. */
async function sendBadly(): Promise<void> {
  const exporter = new OTLPTraceExporter({ url: `http://${engine.addresses.otlpHttp}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'web\u001b[31m' }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  for (let count = 0; count < 20; count++) {
    provider
      .getTracer('test')
      .startSpan('\u001b]0;GET\u0007', { kind: 2, attributes: { 'http.request.method': 'GET' } })
      .end();
  }
  await provider.shutdown();
}

describe('panorama doctor', () => {
  it('finds an engine to which nobody sends, and says where to send', async () => {
    const { code, stdout } = await doctor();
    expect(stdout).toMatch(
      /^engine up for \d+ s, takes spans on 127\.0\.0\.1:\d+ \(gRPC\) and 127\.0\.0\.1:\d+ \(HTTP\)$/m,
    );
    expect(stdout).toMatch(/^! warning {2}no-spans$/m);
    expect(stdout).toContain('OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(stdout).toMatch(/^✔ the engine takes spans$/m);
    expect(code).toBe(0);
  });

  it('ends as strictly as it is asked to', async () => {
    expect((await doctor('--fail-on', 'warning')).code).toBe(1);
    expect((await doctor('--fail-on', 'nonsense')).code).toBe(64);
  });

  it('finds calls that name nobody, ends with 1, and prints nothing that a terminal would obey', async () => {
    await sendBadly();
    const { code, stdout } = await doctor();
    expect(stdout).toMatch(/^✖ error {2}unidentified-peers$/m);
    expect(stdout).toMatch(/: 20 spans, 1 service$/m);
    expect(stdout).toContain('20 calls of 20 (100 %) do not say whom they called.');
    expect(stdout).toMatch(/“\ufffd]0;GET\ufffd”, of which only\n? *http\.request\.method can\n? *be used/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(stdout).toMatch(/^\d+ errors?, \d+ warnings?, \d+ notices?$/m);
    expect(code).toBe(1);
  });

  it('says the same as JSON', async () => {
    const { code, stdout } = await doctor('--json');
    const { findings, engine: described } = JSON.parse(stdout) as Diagnosis;
    expect(findings[0]).toMatchObject({ code: 'unidentified-peers', severity: 'error' });
    expect(findings.map((finding) => finding.code)).toContain('no-instance-id');
    expect(described.otlpGrpc).toBe(engine.addresses.otlpGrpc);
    expect(code).toBe(1);
  });

  it('says how to start an engine where none answers', async () => {
    const { code, stderr } = await doctor('--api', 'http://127.0.0.1:1');
    expect(code).toBe(69);
    expect(stderr).toContain('panorama engine');
  });
});
