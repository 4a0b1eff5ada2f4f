// SPDX-License-Identifier: Apache-2.0
/**
 * The map: services and who calls whom, with how each was judged, whose fault it is, and the way from a victim to its culprit. Of more than
 * can be read those are shown with which something is wrong, and their neighbours. Pure.
 */
import type { VerdictJson } from '../../../src/engine/api/shapes.js';
import type { HealthStatusName } from '../../../src/model/status.js';
import { badness, culpritOf, isIll, keyOf } from './fleet.js';
import { callKey, type Group, type Groups } from './groups.js';
import { isComplaint } from './matrix.js';

/** More can neither be read nor be laid out while somebody waits. */
const NODE_COUNT_MAX = 150;
const EDGE_COUNT_MAX = 450;

/** A culprit is at fault for a failure, its own or another's; a victim fails for the fault of another. */
export type Role = 'culprit' | 'victim';

export interface MapNode extends Group {
  /** The worst of its members. */
  readonly status: HealthStatusName;
  readonly illCount: number;
  readonly role: Role | undefined;
}

export interface MapEdge {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  /** `blame` leads from a victim to its culprit; `complaint` where a caller finds the other failing. */
  readonly kind: 'call' | 'complaint' | 'blame';
}

export interface FleetMap {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
  /** Nodes, and calls between those that are shown, that are left out. */
  readonly leftOutCount: number;
  readonly leftOutCallCount: number;
}

/** Verdicts on those with which something is wrong, and on anybody. */
export interface Judged {
  readonly ill: readonly VerdictJson[];
  readonly get: (key: string) => VerdictJson | undefined;
}

/** @param text words that stand in the name; all of them must. Neighbours of who has them are shown too. */
export function mapOf({ groupOf, calls }: Groups, judged: Judged, text: string): FleetMap {
  const { roles, ways } = faultsIn(judged.ill);
  const nodes = new Map<string, MapNode>();
  for (const group of groupOf.values()) if (!nodes.has(group.key)) nodes.set(group.key, nodeOf(group, judged, roles));
  const edges = new Map<string, MapEdge>();
  const add = (from: string, to: string, kind: MapEdge['kind']): void => {
    const key = callKey({ from, to });
    edges.set(key, { key, from, to, kind });
  };
  for (const { from, to, status } of calls) add(from, to, isComplaint(status) ? 'complaint' : 'call');
  for (const [caller, callee] of ways) {
    const [from, to] = [groupOf.get(caller)?.key, groupOf.get(callee)?.key];
    if (from !== undefined && to !== undefined && from !== to) add(from, to, 'blame');
  }
  return bounded([...nodes.values()], [...edges.values()], text);
}

function nodeOf(group: Group, { get }: Judged, roles: ReadonlyMap<string, Role>): MapNode {
  let status: HealthStatusName = 'na';
  let illCount = 0;
  let role: Role | undefined;
  for (const member of group.members) {
    const verdict = get(member);
    if (verdict && badness(verdict.status) < badness(status)) status = verdict.status;
    // A service is no instance of itself.
    if (verdict && isIll(verdict) && !(group.isService && verdict.subject === group.name)) illCount++;
    if (role !== 'culprit') role = roles.get(member) ?? role;
  }
  return { ...group, status, illCount, role };
}

/** Instances that a node stands for. */
export function instanceCount({ members, environment, name, isService }: Group): number {
  return isService && members.has(keyOf({ environment, subject: name })) ? members.size - 1 : members.size;
}

interface Faults {
  /** By the key of the component. */
  readonly roles: ReadonlyMap<string, Role>;
  /** Steps of the ways from victims to culprits, as keys of components. */
  readonly ways: readonly (readonly [string, string])[];
}

function faultsIn(ill: readonly VerdictJson[]): Faults {
  const roles = new Map<string, Role>();
  const ways: [string, string][] = [];
  for (const verdict of ill) if (culpritOf(verdict) !== undefined) roles.set(keyOf(verdict), 'victim');
  for (const { environment, blame } of ill) {
    if (!blame) continue;
    roles.set(keyOf({ environment, subject: blame.root }), 'culprit');
    const keys = blame.path.map((subject) => keyOf({ environment, subject }));
    keys.slice(1).forEach((to, index) => {
      ways.push([keys[index] as string, to]);
    });
  }
  return { roles, ways };
}

/** Who is named on a way to a culprit, that the map has them even if nobody speaks of them. */
export function* namedIn(ill: Iterable<VerdictJson>): Iterable<{ environment: string; subject: string }> {
  for (const { environment, subject, blame } of ill)
    for (const each of blame?.path ?? [subject]) yield { environment, subject: each };
}

function bounded(nodes: readonly MapNode[], edges: readonly MapEdge[], text: string): FleetMap {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const near = (keys: ReadonlySet<string>): ReadonlySet<string> =>
    new Set(edges.flatMap(({ from, to }) => (keys.has(from) || keys.has(to) ? [from, to] : [])));
  const keysOf = (some: readonly MapNode[]): ReadonlySet<string> => new Set(some.map(({ key }) => key));
  const named = keysOf(nodes.filter((node) => words.every((word) => hasWord(node, word))));
  const besideNamed = near(named);
  const wanted = words.length === 0 ? nodes : nodes.filter(({ key }) => named.has(key) || besideNamed.has(key));
  const besideIll = near(keysOf(wanted.filter(isNotWell)));
  const rank = (node: MapNode): number =>
    Number(!named.has(node.key)) * 4 + (isNotWell(node) ? 0 : besideIll.has(node.key) ? 1 : 2);
  const byKey = <T extends { readonly key: string }>(a: T, b: T): number => (a.key < b.key ? -1 : 1);
  const chosen = [...wanted].sort((a, b) => rank(a) - rank(b) || byKey(a, b)).slice(0, NODE_COUNT_MAX);
  const keys = keysOf(chosen);
  const between = edges.filter(
    ({ from, to }) => keys.has(from) && keys.has(to) && (words.length === 0 || named.has(from) || named.has(to)),
  );
  const byKind = (a: MapEdge, b: MapEdge): number => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || byKey(a, b);
  return {
    nodes: chosen.sort(byKey),
    edges: between.sort(byKind).slice(0, EDGE_COUNT_MAX).reverse(),
    leftOutCount: wanted.length - chosen.length,
    leftOutCallCount: Math.max(0, between.length - EDGE_COUNT_MAX),
  };
}

/** What is left out last comes first. It is drawn last, and so above the others. */
const KINDS = ['blame', 'complaint', 'call'];

function isNotWell({ illCount, role, status }: MapNode): boolean {
  return illCount > 0 || role !== undefined || isComplaint(status);
}

function hasWord({ name, members }: MapNode, word: string): boolean {
  return name.toLowerCase().includes(word) || [...members].some((key) => key.toLowerCase().includes(word));
}
