// SPDX-License-Identifier: Apache-2.0
/** Export requests by chance, of guests and of any SDK, and what an engine says after it has taken them. */
import fc from 'fast-check';
import { Engine } from '../../src/engine/engine.js';
import type { Judge } from '../../src/engine/verdict/judge.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { SpanKind, type SpanRecord, SpanStatusCode } from '../../src/model/span.js';
import { HealthStatus } from '../../src/model/status.js';
import type { Blame, Verdict } from '../../src/model/verdict.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, freshSpanId, freshTraceId, observationSpanOf, resourceOf, spanOf } from '../support/spans.js';

export const JUDGES: readonly Judge[] = [new MajorityJudge(), new SequentialJudge()];

/** When everything is delivered, epoch ms. */
export const NOW_MS: number = new FakeClock().nowMs();

/** Calls are settled by then, whatever is missing. In ms. */
const SETTLED_MS = 10_000;

/** Whoever must be judged because another was is so with the next ticks. In ms. */
const TICKS_MS = 250;

/** A span and whose it is. */
export interface Sent {
  readonly service: string;
  readonly instance: string;
  readonly span: SpanRecord;
}

/** A guest's observation by one of three observers of one of two subjects within the last minute. */
export const observation: fc.Arbitrary<Sent> = fc
  .record({
    observer: fc.constantFrom('a/1', 'b/1', 'c/1'),
    subject: fc.constantFrom('db', 'web/1'),
    operation: fc.constantFrom('read', 'write'),
    status: fc.constantFrom(
      HealthStatus.HEALTHY,
      HealthStatus.UNHEALTHY,
      HealthStatus.MAYBE_UNHEALTHY,
      HealthStatus.PENDING,
    ),
    reason: fc.constantFrom('timeout', 'server_error', 'refused' as const),
    source: fc.constantFrom('caller', 'probe', 'self'),
    count: fc.integer({ min: 1, max: 50 }),
    latencyMs: fc.integer({ min: 1, max: 3000 }),
    lagMs: fc.constantFrom(0, 0, 500),
    blamed: fc.option(fc.constant(['db']), { nil: undefined }),
    ageMs: fc.integer({ min: 0, max: 60_000 }),
  })
  .map(({ ageMs, latencyMs, lagMs, ...content }) => {
    const latency = { meanSeconds: latencyMs / 1000, maxSeconds: latencyMs / 1000 };
    const resolution = content.subject === 'db' ? ('service' as const) : ('instance' as const);
    const given = { ...content, resolution, latency, observerLagSeconds: lagMs / 1000 };
    return { service: 'guest', instance: '1', span: observationSpanOf(given as never, NOW_MS - ageMs) };
  });

/** A request of `edge` to `web` at an address, in which `web` may call `db`: up to four spans of one trace. */
export const request: fc.Arbitrary<readonly Sent[]> = fc
  .record({
    instance: fc.constantFrom('1', '2'),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2'),
    ownMs: fc.integer({ min: 1, max: 500 }),
    ageMs: fc.integer({ min: 0, max: 50_000 }),
    code: fc.constantFrom(200, 200, 500),
    hasServer: fc.boolean(),
    query: fc.constantFrom('none', 'good', 'failing'),
  })
  .map(({ instance, address, ownMs, ageMs, code, hasServer, query }) => {
    const traceId = freshTraceId();
    const endMs = NOW_MS - ageMs;
    const attributes = { 'http.request.method': 'GET', 'http.response.status_code': code };
    const durationMs = ownMs + 20;
    const of = (span: Partial<SpanRecord> & { readonly durationMs: number }, lastMs: number) => ({
      ...spanOf({ ...span, traceId, endMs: lastMs }),
      startUnixNano: BigInt(lastMs - span.durationMs) * 1_000_000n,
    });
    const client = of(
      { attributes: { ...attributes, 'server.address': address, 'server.port': 80 }, durationMs },
      endMs,
    );
    const sent: Sent[] = [{ service: 'edge', instance: '1', span: client }];
    const served = { kind: SpanKind.SERVER, parentSpanId: client.spanId, durationMs: durationMs - 2, attributes };
    const server = of({ ...served, spanId: freshSpanId() }, endMs - 1);
    if (hasServer) sent.push({ service: 'web', instance, span: server });
    if (query !== 'none') {
      const failed = query === 'failing' ? { 'error.type': 'TimeoutError' } : {};
      const statusCode = query === 'failing' ? SpanStatusCode.ERROR : SpanStatusCode.UNSET;
      const whom = { 'db.system.name': 'postgresql', 'service.peer.name': 'db', 'db.operation.name': 'SELECT' };
      const made = { parentSpanId: server.spanId, durationMs: 10, statusCode, attributes: { ...whom, ...failed } };
      sent.push({ service: 'web', instance, span: of(made, endMs - 5) });
    }
    return sent;
  });

/** What one request of an exporter holds. */
export const delivery: fc.Arbitrary<readonly Sent[]> = fc
  .tuple(fc.array(observation, { maxLength: 30 }), fc.array(request, { maxLength: 12 }))
  .map(([observations, requests]) => [...observations, ...requests.flat()])
  .filter((sent) => sent.length > 0);

/** What an engine says soon after these requests, and once all in them is settled: everything but when it looked last. */
export function verdictsAfter(
  judge: Judge,
  ...deliveries: readonly (readonly Sent[])[]
): readonly Omit<Verdict, 'judgedMs'>[] {
  const clock = new FakeClock();
  const engine = new Engine({ judge, clock });
  engine.start();
  for (const sent of deliveries) {
    engine.accept(
      batchOf(
        ...sent.map(({ service, instance, span }) => ({ resource: resourceOf(service, instance), spans: [span] })),
      ),
    );
  }
  clock.advance(TICKS_MS);
  const soon = engine.verdicts();
  clock.advance(SETTLED_MS);
  const settled = engine.verdicts();
  engine.stop();
  return [...soon, ...settled].map(({ judgedMs: _, ...said }) => ({ ...said, blame: rounded(said.blame) }));
}

/** Shares are sums, and their last digits depend on the order of what is added. */
function rounded(blame: Blame | undefined): Blame | undefined {
  return blame && { ...blame, share: Math.round(blame.share * 1e9) / 1e9 };
}
