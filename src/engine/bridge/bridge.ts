// SPDX-License-Identifier: Apache-2.0
/**
 * The bridge: what the engine finds, told to whoever does not ask its API. As metrics and events over OTLP, and as alerts to a
 * webhook; each only where an option says where it goes. It sees the engine, and nothing of it waits for a receiver.
 */
import type { Clock, Timer } from '../../model/clock.js';
import type { Transition } from '../../model/verdict.js';
import type { EngineReader } from '../engine-reader.js';
import { Alerts } from './alerts.js';
import { type ApiAddress, engineResource, engineUrl } from './engine-address.js';
import { wordsOf } from './failure-words.js';
import { LogEvents, logExporterFor } from './log-events.js';
import { metricExporterFor } from './metric-export.js';
import { MetricsBridge } from './metrics-bridge.js';
import type { OtlpEndpoint } from './otlp-endpoint.js';
import { CLOSE_MS, Webhook } from './webhook.js';

export interface BridgeOptions {
  /** Where metrics go, and events where `events` is set. */
  readonly otlp: OtlpEndpoint | undefined;
  readonly events: boolean;
  readonly intervalMs: number;
  readonly pairCountMax: number;
  readonly webhook: { readonly url: string; readonly secret: string } | undefined;
}

export interface BridgeParts {
  readonly options: BridgeOptions;
  readonly reader: Pick<EngineReader, 'verdicts' | 'matrix' | 'callsByStatus'>;
  readonly clock: Clock;
  /** Where the engine's API is: alerts lead there, and the engine is known by it. */
  readonly api: ApiAddress;
  /** Told when sending to one of them begins to fail, with why, and with nothing when it works again. */
  readonly onFailing: (what: Receiver, why: string | undefined) => void;
}

/** To whom the bridge tells. */
export type Receiver = 'metrics' | 'events' | 'webhook';

export interface Bridge {
  /** Never throws. */
  note(transition: Transition): void;
  /** Sends what is left, for three seconds at the most, and ends. */
  close(): Promise<void>;
}

export async function startBridge({ options, reader, clock, api, onFailing }: BridgeParts): Promise<Bridge> {
  const { otlp, events, intervalMs, pairCountMax, webhook } = options;
  const receivers = new Map<Receiver, Bridge>();
  const resource = engineResource(api);
  if (otlp) {
    const metrics = new MetricsBridge({
      ...{ reader, resource, intervalMs, pairCountMax },
      exporter: await metricExporterFor(otlp),
      nowMs: () => clock.nowMs(),
      onFailing: (error) => onFailing('metrics', error && wordsOf(error)),
    });
    receivers.set('metrics', metrics);
  }
  if (otlp && events) {
    const exporter = await logExporterFor(otlp);
    receivers.set('events', new LogEvents(exporter, resource, (error) => onFailing('events', error && wordsOf(error))));
  }
  if (webhook) {
    const sender = new Webhook({ ...webhook, clock, onFailing: (why) => onFailing('webhook', why) });
    receivers.set('webhook', alertsTo(sender, engineUrl(api)));
  }
  return {
    note: (transition) => {
      for (const [name, receiver] of receivers) {
        try {
          receiver.note(transition);
        } catch (thrown) {
          onFailing(name, wordsOf(thrown));
        }
      }
    },
    close: () => within(clock, Promise.all([...receivers.values()].map((receiver) => receiver.close()))),
  };
}

/** Waits for what is under way, but not for longer than an engine that ends has time. */
async function within(clock: Clock, underWay: Promise<unknown>): Promise<void> {
  let deadline: Timer | undefined;
  const isOver = new Promise<void>((resolve) => {
    deadline = clock.setTimer(CLOSE_MS, resolve);
  });
  await Promise.race([underWay, isOver]);
  deadline?.cancel();
}

function alertsTo(webhook: Webhook, apiUrl: string): Bridge {
  const alerts = new Alerts(apiUrl);
  return {
    note: (transition) => {
      const message = alerts.messageOf(transition);
      if (message) webhook.send(message);
    },
    close: () => webhook.close(),
  };
}
