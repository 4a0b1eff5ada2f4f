// SPDX-License-Identifier: Apache-2.0
/** An alert fires when a subject is found failing, is known by what does not change, and resolves once. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Alerts } from '../../../src/engine/bridge/alerts.js';
import { HealthStatus } from '../../../src/model/status.js';
import type { Transition, Verdict } from '../../../src/model/verdict.js';
import { transitionOf } from '../../support/verdicts.js';

const { HEALTHY, MAYBE_UNHEALTHY, UNHEALTHY, NA } = HealthStatus;
const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

let alerts: Alerts;

beforeEach(() => {
  alerts = new Alerts('http://engine:16688');
});

function changedTo(given: Partial<Verdict>, atMs = AT_MS): Transition {
  return transitionOf(1, { atMs, verdict: { subject: 'shop/a b', environment: 'prod', ...given } });
}

const gray = { status: UNHEALTHY, failure: 'gray', reason: 'timeout', sinceMs: AT_MS - 1500 } as const;

describe('an alert', () => {
  it('fires for a subject that fails, from when that began', () => {
    const message = alerts.messageOf(changedTo(gray));
    expect(message).toMatchObject({
      version: '4',
      status: 'firing',
      groupLabels: { environment: 'prod', subject: 'shop/a b' },
      commonLabels: { alertname: 'PanoramaGrayFailure' },
      externalURL: 'http://engine:16688',
    });
    expect(message?.alerts).toEqual([
      expect.objectContaining({
        status: 'firing',
        labels: { alertname: 'PanoramaGrayFailure', environment: 'prod', subject: 'shop/a b', failure: 'gray' },
        startsAt: '2026-01-02T03:04:03.500Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://engine:16688/api/v1/subjects/shop/a%20b?environment=prod',
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      }),
    ]);
  });

  it('says on whose word, in what and through whom', () => {
    const operations = [
      { operation: 'PUT', status: UNHEALTHY, observersFor: [], observersAgainst: ['web/1'] },
      { operation: 'GET', status: HEALTHY, observersFor: ['web/1'], observersAgainst: [] },
    ];
    const message = alerts.messageOf(
      changedTo({
        ...{ ...gray, operations, split: ['operation'], observersAgainst: ['web/1'], observersFor: ['web/2'] },
        blame: { root: 'disk', path: ['shop/a b', 'disk'], share: 1 },
      }),
    );
    expect(message?.commonAnnotations).toMatchObject({
      summary: 'shop/a b is unhealthy, a gray failure (by operation): timeout',
      description: '1 of 2 observers find it failing, in PUT.',
      culprit: 'disk',
      observers_against: 'web/1',
    });
  });

  it.each([
    ['in the words of the first error', { errorType: 'Error', message: 'it’s ill' }, ' it’s ill'],
    ['by the error’s type where it has no words', { errorType: 'ETIMEDOUT' }, ' ETIMEDOUT'],
    ['by its type where its words are empty', { errorType: 'ETIMEDOUT', message: '' }, ' ETIMEDOUT'],
    ['by nothing but its trace where nothing is said', {}, ''],
  ])('shows its evidence, %s', (_, said, shown) => {
    const evidence = [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), ...said }];
    const message = alerts.messageOf(changedTo({ ...gray, evidence }));
    expect(message?.commonAnnotations['evidence']).toBe(`${'a'.repeat(32)}${shown}`);
  });

  it.each([
    ['crash', 'PanoramaCrash'],
    ['none', 'PanoramaUnhealthy'],
    ['masked', 'PanoramaUnhealthy'],
  ] as const)('of a %s is called %s', (failure, name) => {
    expect(alerts.messageOf(changedTo({ ...gray, failure }))?.commonLabels).toMatchObject({ alertname: name });
  });

  it('is told once, however often the verdict changes otherwise', () => {
    alerts.messageOf(changedTo(gray));
    expect(alerts.messageOf(changedTo({ ...gray, confidence: 0.9, reason: 'refused' }))).toBeUndefined();
  });

  it('resolves once, when the subject is not failing any more', () => {
    const fired = alerts.messageOf(changedTo(gray))?.alerts[0];
    const resolved = alerts.messageOf(changedTo({ status: MAYBE_UNHEALTHY, failure: 'gray' }, AT_MS + 5000));
    expect(resolved).toMatchObject({ status: 'resolved' });
    expect(resolved?.alerts).toEqual([{ ...fired, status: 'resolved', endsAt: '2026-01-02T03:04:10.000Z' }]);
    expect(alerts.messageOf(changedTo({ status: HEALTHY, failure: 'none' }))).toBeUndefined();
  });

  it('that an earlier life of the engine fired is resolved by this one', () => {
    const before = alerts.messageOf(changedTo(gray))?.alerts[0];
    const from = { status: UNHEALTHY, failure: 'gray' } as const;
    const later = new Alerts('http://engine:16688');
    const healed = { ...changedTo({ status: HEALTHY, failure: 'none' }, AT_MS + 5000), from };
    expect(later.messageOf(healed)?.alerts).toMatchObject([{ status: 'resolved', fingerprint: before?.fingerprint }]);
    expect(later.messageOf(healed)?.alerts).toHaveLength(1);
  });

  it('resolves too when nothing is known any more', () => {
    alerts.messageOf(changedTo(gray));
    expect(alerts.messageOf(changedTo({ status: NA, failure: 'none' }))?.status).toBe('resolved');
  });

  it('gives way to another where the failure becomes of another kind', () => {
    const before = alerts.messageOf(changedTo(gray))?.alerts[0];
    const message = alerts.messageOf(changedTo({ ...gray, failure: 'crash' }));
    expect(message?.status).toBe('firing');
    expect(message?.commonLabels).toEqual({ environment: 'prod', subject: 'shop/a b' });
    expect(message?.alerts.map(({ status, labels }) => [status, labels.alertname])).toEqual([
      ['resolved', 'PanoramaGrayFailure'],
      ['firing', 'PanoramaCrash'],
    ]);
    expect(message?.alerts[0]?.fingerprint).toBe(before?.fingerprint);
    expect(message?.alerts[1]?.fingerprint).not.toBe(before?.fingerprint);
  });

  it('shares with the one that it takes the place of all that both say', () => {
    const [culprit, observer] = ['disk', 'web/1'];
    const blame = { root: culprit, path: ['shop/a b', culprit], share: 1 };
    alerts.messageOf(changedTo({ ...gray, failure: 'masked', blame, observersAgainst: [observer] }));
    const message = alerts.messageOf(changedTo({ ...gray, failure: 'none', blame, observersAgainst: [observer] }));
    expect(message?.alerts).toHaveLength(2);
    const shared = { alertname: 'PanoramaUnhealthy', environment: 'prod', subject: 'shop/a b' };
    expect(message?.commonLabels).toEqual(shared);
    expect(message?.commonAnnotations).toMatchObject({ culprit, observers_against: observer });
    expect(message?.commonAnnotations).not.toHaveProperty('summary');
  });

  it('is another one for each subject and environment', () => {
    alerts.messageOf(changedTo(gray));
    const other = alerts.messageOf(changedTo({ ...gray, environment: 'test' }));
    expect(other?.alerts).toHaveLength(1);
    expect(other?.groupKey).not.toBe(alerts.messageOf(changedTo({ ...gray, subject: 'x' }))?.groupKey);
  });
});
