// SPDX-License-Identifier: Apache-2.0
/**
 * The load generator, a process of its own: sends the requests of all nodes in turn, several at once, and measures in
 * between how soon a failure becomes a verdict.
 *
 *     node load.js JSON   (a `LoadMessage`; orders come as messages)
 */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { serveParent } from '../child.js';
import type { LoadMessage, LoadOrder, LoadResult } from './load-message.js';
import { RequestTemplate } from './request-template.js';
import { startSender } from './sender.js';
import { VerdictDelays } from './verdict-delay.js';

/** How long whoever was turned away waits, in ms. */
const RETRY_MS = 20;

/** Between the verdict on one failure and the next failure, in ms. */
const FAILURE_GAP_MS = 20;

const message = JSON.parse(process.argv[2] ?? '') as LoadMessage;
const sender = startSender(message);
const salt = randomInt(2 ** 32);
const templates = Array.from({ length: message.shape.nodeCount }, (_, node) => ({
  template: new RequestTemplate(node, message.shape, salt),
  /** Settles when nothing of it is on its way. */
  arrived: Promise.resolve(),
}));
const [first] = templates;
const failures = message.api && new VerdictDelays(sender, message.shape.nodeCount, message.api, salt);
let sent = 0;

serveParent(
  { spansPerRequest: first?.template.spanCount, bytesPerRequest: first?.template.body.length },
  async (order: LoadOrder): Promise<LoadResult> => {
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    const result = { spans: 0, requests: 0, refused: 0, bytes: 0, verdictMs: [] as number[], lateVerdicts: 0 };
    const untilSent = sent + order.lapsMin * templates.length;
    const isOver = () => sent >= untilSent && performance.now() - startMs >= order.seconds * 1000;
    let lapStartMs = Date.now();
    const sendNext = (): Promise<void> => {
      const number = Math.floor(sent / templates.length);
      const node = sent % templates.length;
      const next = templates[node] as (typeof templates)[number];
      sent++;
      if (node === 0) lapStartMs = Date.now();
      const startMs = lapStartMs;
      // A template is one piece of memory: what was written must have arrived before it is written over.
      next.arrived = next.arrived.then(async () => {
        next.template.write({ number, startMs });
        while ((await sender.send(node, next.template.frame)) === 'refused') {
          result.refused++;
          await pause(RETRY_MS);
        }
        result.requests++;
        result.spans += next.template.spanCount;
        result.bytes += next.template.body.length;
      });
      return next.arrived;
    };
    const gapMs = order.spansPerSecond ? (1000 * (first?.template.spanCount ?? 0)) / order.spansPerSecond : 0;
    const startSent = sent;
    const lane = async () => {
      while (!isOver()) {
        const waitMs = (sent - startSent) * gapMs - (performance.now() - startMs);
        if (waitMs > 0) await pause(waitMs);
        else await sendNext();
      }
    };
    const lanes = Array.from({ length: Math.min(message.inFlight, templates.length) }, lane);
    const load = Promise.all(lanes).then(() => (performance.now() - startMs) / 1000);
    if (failures) {
      while (!isOver()) {
        const delay = await failures.next();
        if (delay) result.verdictMs.push(delay.ms);
        if (delay?.isLate) result.lateVerdicts++;
        await pause(FAILURE_GAP_MS);
      }
    }
    const seconds = await load;
    const { user, system } = process.cpuUsage(cpu);
    return { ...result, seconds, ownCpuSeconds: (user + system) / 1e6 };
  },
);
