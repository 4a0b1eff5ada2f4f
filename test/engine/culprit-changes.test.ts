// SPDX-License-Identifier: Apache-2.0
/** While a subject is failing, another culprit is a change that its history tells, and whoever listens is told of. */
import { describe, expect, it } from 'vitest';
import { paintFor } from '../../src/cli/text.js';
import { eventLine } from '../../src/cli/verdict-text.js';
import { eventJson } from '../../src/engine/api/shapes.js';
import { Alerts } from '../../src/engine/bridge/alerts.js';
import { eventOf } from '../../src/engine/bridge/log-events.js';
import { Tallies } from '../../src/engine/bridge/tallies.js';
import { HealthStatus } from '../../src/model/status.js';
import type { Transition } from '../../src/model/verdict.js';
import { transitionOf } from '../support/verdicts.js';
import { acquaint, clock, history, say, type Wait } from './chained-guests.js';

const { UNHEALTHY, HEALTHY } = HealthStatus;
const WAITS: readonly Wait[] = ['client waits for a', 'other waits for c', 'other waits for d'];

/** So many seconds in which calls of `a` fail because of one that others find failing as well. */
function failBecauseOf(culprit: 'c' | 'd', seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1000);
    say(`other waits for ${culprit}`, { status: UNHEALTHY, reason: 'server_error' });
    say('client waits for a', { status: UNHEALTHY, reason: 'server_error', blamed: [`${culprit}/1`] });
  }
}

/** What the history says of `a`: each culprit before and after. */
const changesOfA = () =>
  history
    .filter(({ verdict }) => verdict.subject === 'a/1')
    .map(({ from, verdict }) => `${from.status} ${from.culprit} → ${verdict.status} ${verdict.blame?.root}`);

describe('the culprit of a subject that is failing', () => {
  it('is told anew when it is another one, once', () => {
    acquaint(WAITS);
    failBecauseOf('c', 6);
    failBecauseOf('d', 30);
    expect(changesOfA()).toEqual([`${HEALTHY} undefined → ${UNHEALTHY} c/1`, `${UNHEALTHY} c/1 → ${UNHEALTHY} d/1`]);
  });

  it('is told as the former one when the subject is well again', () => {
    acquaint(WAITS);
    failBecauseOf('c', 6);
    acquaint(['client waits for a']);
    failBecauseOf('c', 6);
    history.length = 0;
    for (let second = 0; second < 30; second++) {
      clock.advance(1000);
      say('client waits for a', {});
    }
    expect(changesOfA()[0]).toMatch(new RegExp(`^${UNHEALTHY} c/1 → `));
  });
});

describe('another culprit, and nothing else that is new', () => {
  const CHANGE: Transition = transitionOf(7, {
    from: { status: UNHEALTHY, failure: 'crash', culprit: 'disk' },
    verdict: { blame: { root: 'net', path: ['db', 'net'], share: 1 } },
  });
  const paint = paintFor({});

  it('is an event of the API that says both', () => {
    expect(eventJson(CHANGE)).toMatchObject({
      from: { status: 'unhealthy', failure: 'crash', culprit: 'disk' },
      verdict: { blame: { root: 'net' } },
    });
    expect(eventJson(transitionOf(8)).from).toEqual({ status: 'healthy', failure: 'none' });
  });

  it('is a log record that says both', () => {
    expect(eventOf(CHANGE)).toMatchObject({
      body: 'db is unhealthy (crash) because of net, and was because of disk',
      attributes: { 'panorama.culprit': 'net', 'panorama.culprit.before': 'disk' },
    });
    expect(eventOf(transitionOf(8)).attributes).toMatchObject({ 'panorama.culprit.before': '' });
  });

  it('is a line in a terminal that says both', () => {
    expect(eventLine(eventJson(CHANGE), paint)).toContain('because timeout, culprit: net (was disk)');
    const own = transitionOf(9, { from: CHANGE.from });
    expect(eventLine(eventJson(own), paint)).toContain('because timeout, culprit: itself (was disk)');
    expect(eventLine(eventJson(transitionOf(8)), paint)).not.toContain('culprit');
  });

  it('leads to no other status, and is not counted as one', () => {
    const tallies = new Tallies();
    tallies.note(CHANGE);
    expect([...tallies.transitions()].filter(({ count }) => count > 0)).toEqual([]);
  });

  it('wakes nobody again, and is told when the alert is over', () => {
    const alerts = new Alerts('http://engine:16688');
    expect(alerts.messageOf(transitionOf(1))?.alerts[0]?.annotations['culprit']).toBe('db');
    expect(alerts.messageOf(CHANGE)).toBeUndefined();
    const end = transitionOf(8, { from: CHANGE.from, verdict: { status: HEALTHY, failure: 'none', blame: undefined } });
    expect(alerts.messageOf(end)).toMatchObject({
      status: 'resolved',
      alerts: [{ status: 'resolved', annotations: { culprit: 'net' } }],
    });
  });
});
