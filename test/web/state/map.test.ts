// SPDX-License-Identifier: Apache-2.0
/** Who calls whom: services and their instances, culprits and victims, and where they stand. */
import { describe, expect, it } from 'vitest';
import { type PairJson, type VerdictJson, verdictJson } from '../../../src/engine/api/shapes.js';
import { type HealthStatusName, statusFromName } from '../../../src/model/status.js';
import { isIll, keyOf } from '../../../web/src/state/fleet.js';
import { groupsOf, serviceOf } from '../../../web/src/state/groups.js';
import { laidOut, shapeText } from '../../../web/src/state/layout.js';
import { type FleetMap, instanceCount, mapOf, namedIn } from '../../../web/src/state/map.js';
import { verdictOf } from '../../support/verdicts.js';

const key = (subject: string): string => keyOf({ environment: '', subject });

const pair = (observer: string, subject: string, status: HealthStatusName = 'healthy'): PairJson => ({
  environment: '',
  subject,
  observer,
  status,
});

function verdict(
  subject: string,
  status: HealthStatusName = 'healthy',
  path: readonly string[] = [subject],
): VerdictJson {
  const isWell = status === 'healthy';
  const blame = isWell ? undefined : { root: path.at(-1) ?? subject, path, share: 1 };
  const given = { subject, status: statusFromName(status) as never, failure: isWell ? 'none' : 'gray', blame } as const;
  return verdictJson(verdictOf(given));
}

const PAIRS = [
  pair('web/1', 'api/1', 'unhealthy'),
  pair('web/1', 'api/2'),
  pair('web/2', 'api/2'),
  pair('api/1', 'db', 'unhealthy'),
  pair('api/2', 'db'),
  pair('web/1', 'cache'),
];
const VERDICTS = [
  verdict('api/1', 'unhealthy', ['api/1', 'db', 'disk']),
  verdict('db', 'unhealthy', ['db', 'disk']),
  verdict('api/2'),
  verdict('cache'),
];

interface Given {
  readonly pairs?: readonly PairJson[];
  readonly verdicts?: readonly VerdictJson[];
  readonly open?: readonly string[];
  readonly text?: string;
}

function mapped({ pairs = PAIRS, verdicts = VERDICTS, open = [], text = '' }: Given = {}): FleetMap {
  const ill = verdicts.filter(isIll);
  const get = (wanted: string): VerdictJson | undefined => verdicts.find((each) => keyOf(each) === wanted);
  return mapOf(groupsOf(pairs, namedIn(ill), new Set(open)), { ill, get }, text);
}

const nodeIn = (map: FleetMap, name: string) => map.nodes.find((node) => node.name === name);
const edgesIn = (map: FleetMap): readonly string[] =>
  map.edges.map(({ from, to, kind }) => `${from.slice(1)} ${kind} ${to.slice(1)}`).sort();

describe('the map', () => {
  it('shows a service as one, with how many of its instances are not well', () => {
    const api = nodeIn(mapped(), 'api');
    expect(api).toMatchObject({ status: 'unhealthy', illCount: 1, isService: true, role: 'victim' });
    expect(api && instanceCount(api)).toBe(2);
  });

  it('opens a service into its instances', () => {
    const map = mapped({ open: ['api'] });
    expect(nodeIn(map, 'api')).toBeUndefined();
    expect(nodeIn(map, 'api/1')).toMatchObject({ status: 'unhealthy', role: 'victim', isService: false });
    expect(nodeIn(map, 'api/2')).toMatchObject({ status: 'healthy', role: undefined });
  });

  it('counts a service that is judged beside its instances as none of them', () => {
    const map = mapped({
      pairs: [...PAIRS, pair('web/1', 'api')],
      verdicts: [...VERDICTS, verdict('api', 'unhealthy')],
    });
    const api = nodeIn(map, 'api');
    expect(api?.illCount).toBe(1);
    expect(api && instanceCount(api)).toBe(2);
  });

  it('tells the culprit from its victims, and shows the way, also to one of which nobody speaks', () => {
    const map = mapped();
    expect(['disk', 'db', 'cache'].map((name) => nodeIn(map, name)?.role)).toEqual(['culprit', 'victim', undefined]);
    expect(edgesIn(map)).toEqual(['api blame db', 'db blame disk', 'web call cache', 'web complaint api']);
  });

  it('shows who has the words, and their neighbours', () => {
    const map = mapped({ text: 'CACHE' });
    expect(map.nodes.map(({ name }) => name)).toEqual(['cache', 'web']);
    expect(mapped({ text: 'api/2' }).nodes.map(({ name }) => name)).toEqual(['api', 'db', 'web']);
    expect(mapped({ text: 'nobody' }).nodes).toEqual([]);
  });

  it('leaves out those that are well where there are too many, and says how many', () => {
    const many = Array.from({ length: 300 }, (_, index) => pair(`caller${index}`, `callee${index}`));
    const map = mapped({ pairs: [...many, ...PAIRS] });
    expect(map.nodes).toHaveLength(150);
    expect(map.leftOutCount).toBe(605 - 150);
    expect(['web', 'api', 'db', 'disk'].every((name) => nodeIn(map, name))).toBe(true);
  });

  it('leaves out calls that went well where there are too many, and says how many', () => {
    const names = Array.from({ length: 25 }, (_, index) => `s${index}`);
    const all = names.flatMap((from) => names.filter((to) => to !== from).map((to) => pair(from, to)));
    const map = mapped({ pairs: [...all, ...PAIRS] });
    expect(map.edges).toHaveLength(450);
    expect(map.leftOutCallCount).toBe(25 * 24 + 4 - 450);
    expect(edgesIn(map)).toEqual(expect.arrayContaining(['api blame db', 'db blame disk', 'web complaint api']));
  });

  it('names a service up to where an instance or a part begins', () => {
    expect(['a/1', 'ns:a/1#p', 'a#p', 'a', '10.0.0.1:80'].map(serviceOf)).toEqual([
      'a',
      'ns:a',
      'a',
      'a',
      '10.0.0.1:80',
    ]);
  });
});

describe('the layout of the map', () => {
  it('puts callers left of whom they call', () => {
    const { nodes, edges, widthPx, heightPx } = laidOut(mapped());
    const xs = ['web', 'api', 'db', 'disk'].map((name) => nodes.get(key(name))?.x ?? Number.NaN);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    expect(Math.min(widthPx, heightPx)).toBeGreaterThan(0);
    expect([...edges.values()].every((path) => /^M[\d.,LC-]+$/.test(path))).toBe(true);
  });

  it('does not change with colours', () => {
    const well = mapped({ verdicts: [verdict('db')] });
    const ill = mapped({ verdicts: [verdict('db', 'unhealthy'), verdict('api/1', 'unhealthy', ['api/1', 'db'])] });
    expect(edgesIn(well)).not.toEqual(edgesIn(ill));
    expect(shapeText(well)).toBe(shapeText(ill));
    expect(laidOut(well).nodes).toEqual(laidOut(ill).nodes);
    expect(shapeText(mapped())).not.toBe(shapeText(well));
  });

  it('has a place for a ring, for two that call each other, and for one that calls itself', () => {
    const map = mapped({
      verdicts: [],
      pairs: [pair('a/1', 'a/2'), pair('a/1', 'b'), pair('b', 'a/1'), pair('b', 'c'), pair('c', 'a/2')],
    });
    const { edges } = laidOut(map);
    expect(edges.size).toBe(5);
    expect([...edges.values()].every((path) => path !== '' && !path.includes('NaN'))).toBe(true);
  });

  it('has nothing to say of an empty map', () => {
    expect(laidOut({ nodes: [], edges: [] })).toMatchObject({ widthPx: 0, heightPx: 0 });
  });
});
