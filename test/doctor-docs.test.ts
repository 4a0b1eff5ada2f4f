// SPDX-License-Identifier: Apache-2.0
/** What the pages say of the doctor and of the engine's counts, against what an engine answers, both ways. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RULES } from '../src/engine/doctor/diagnosis.js';
import { PanoramaError } from '../src/model/errors.js';
import { ROOT } from './support/imports.js';
import { batchOf, resourceOf, spanOf } from './support/spans.js';
import { Ward } from './support/ward.js';

const read = (name: string) => readFileSync(path.join(ROOT, 'docs', name), 'utf8');
const doctor = read('doctor.md');
const api = read('http-api.md');

/** An example of the page on the API. */
function example(name: string): Record<string, unknown> {
  const block = new RegExp(`\`\`\`json ${name}\n([\\s\\S]*?)\`\`\``).exec(api)?.[1];
  return JSON.parse(block ?? 'null') as Record<string, unknown>;
}

const ward = new Ward();
ward.engine.accept(batchOf({ resource: resourceOf('web'), spans: [spanOf({ endMs: ward.clock.nowMs() })] }));
ward.telemetry.noteRequest({ transport: 'http', signal: 'traces', code: 'PANO_OVERLOADED', bytes: 5, ms: 1 });
ward.telemetry.noteRefusal(new PanoramaError('PANO_OVERLOADED', 'too much'), '10.0.0.7:1');
afterAll(() => ward.close());

/** Names of fields, all the way down; those of V8's spaces are its own. */
function shapeOf(value: unknown, name = ''): unknown {
  if (name === 'heapUsedBytes' || name === 'journal') return name;
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, shapeOf(each, key)]),
  );
}

describe('docs/doctor.md', () => {
  it('has a row for each thing that is looked at, with what is said where it is well, and no other', () => {
    const rows = doctor
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
    expect(rows.map(([, code, well]) => [code, well])).toEqual(RULES.map(({ code, well }) => [code, well]));
    expect(rows.filter(([, , , otherwise]) => !otherwise)).toEqual([]);
  });

  it('shows an output whose findings and good news exist', () => {
    const output = /\$ panorama doctor\n([\s\S]*?)```/.exec(doctor)?.[1] ?? '';
    const codes = [...output.matchAll(/^[✖!·] (?:error|warning|notice) {2}(\S+)$/gm)].map(([, code]) => code);
    const good = [...output.matchAll(/^✔ (.+)$/gm)].map(([, what]) => what);
    expect(codes.length).toBeGreaterThan(2);
    expect(codes.filter((code) => !RULES.some((rule) => rule.code === code))).toEqual([]);
    expect(good.length).toBeGreaterThan(5);
    expect(good.filter((what) => !RULES.some((rule) => rule.well === what))).toEqual([]);
  });
});

describe('docs/http-api.md', () => {
  it('shows every count, and no other', () => {
    const { counts, journal, ...rest } = ward.self.status();
    expect(shapeOf(example('counts'))).toEqual(shapeOf({ ...counts, journal, ...rest }));
  });

  it('shows every field of a diagnosis, and no other', () => {
    const diagnosis = ward.diagnosis();
    expect(shapeOf(example('doctor'))).toEqual(
      shapeOf({ ...diagnosis, findings: diagnosis.findings.filter(({ code }) => code === 'no-instance-id') }),
    );
    const [finding] = example('doctor')['findings'] as unknown[];
    expect(diagnosis.findings.find(({ code }) => code === 'no-instance-id')).toEqual({
      ...(finding as object),
      what: '1 service of 1 sent spans without service.instance.id.',
    });
  });
});
