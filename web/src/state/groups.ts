// SPDX-License-Identifier: Apache-2.0
/**
 * Who calls whom, as services: the instances of a service are one group, until somebody opens it. What is here changes with what callers
 * say, and not with verdicts. Pure.
 */
import type { PairJson } from '../../../src/engine/api/shapes.js';
import type { HealthStatusName } from '../../../src/model/status.js';
import { badness, keyOf } from './fleet.js';

export interface Group {
  readonly key: string;
  readonly environment: string;
  /** The service, or the identity of the only one in it. */
  readonly name: string;
  /** Keys of the components in it. */
  readonly members: ReadonlySet<string>;
  /** Whether it can be opened into its instances. */
  readonly isService: boolean;
}

export interface Call {
  readonly from: string;
  readonly to: string;
  /** The worst that one of the callers says. */
  readonly status: HealthStatusName;
}

export interface Groups {
  /** By the key of the component. */
  readonly groupOf: ReadonlyMap<string, Group>;
  readonly calls: readonly Call[];
}

/** The service of an identity, which ends before the first `/` or `#`: no name holds one. */
export function serviceOf(identity: string): string {
  const end = identity.search(/[/#]/);
  return end <= 0 ? identity : identity.slice(0, end);
}

interface Component {
  readonly environment: string;
  readonly subject: string;
}

/**
 * @param more components that belong there, though nobody may speak of them now
 * @param open services whose instances stand by themselves
 */
export function groupsOf(pairs: readonly PairJson[], more: Iterable<Component>, open: ReadonlySet<string>): Groups {
  const services = new Map<string, Map<string, Component>>();
  const add = ({ environment, subject }: Component): void => {
    const service = keyOf({ environment, subject: serviceOf(subject) });
    const members = services.get(service) ?? new Map<string, Component>();
    services.set(service, members);
    members.set(keyOf({ environment, subject }), { environment, subject });
  };
  const callers = pairs.map(({ environment, observer }) => ({ environment, subject: observer }));
  for (const component of [...pairs, ...callers, ...more]) add(component);

  const groupOf = new Map<string, Group>();
  for (const [service, members] of services) {
    const keys = new Set(members.keys());
    for (const [key, { environment, subject }] of members) {
      const name = serviceOf(subject);
      const isService = members.size > 1 && !open.has(name);
      groupOf.set(
        key,
        isService
          ? (groupOf.get([...keys][0] as string) ?? { key: service, environment, name, members: keys, isService })
          : { key, environment, name: subject, members: new Set([key]), isService },
      );
    }
  }
  return { groupOf, calls: callsOf(pairs, groupOf) };
}

function callsOf(pairs: readonly PairJson[], groupOf: ReadonlyMap<string, Group>): readonly Call[] {
  const calls = new Map<string, Call>();
  for (const { environment, subject, observer, status } of pairs) {
    const from = groupOf.get(keyOf({ environment, subject: observer }))?.key;
    const to = groupOf.get(keyOf({ environment, subject }))?.key;
    if (from === undefined || to === undefined) continue;
    const key = callKey({ from, to });
    const known = calls.get(key);
    if (!known || badness(status) < badness(known.status)) calls.set(key, { from, to, status });
  }
  return [...calls.values()];
}

export function callKey({ from, to }: Pick<Call, 'from' | 'to'>): string {
  return `${from}\n${to}`;
}
