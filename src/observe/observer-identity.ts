// SPDX-License-Identifier: Apache-2.0
/**
 * Who this process is to others: the component that its resource names. Where the resource has no instance, one is made
 * up, because two replicas must not be one observer; it is the same for all that is said in this process, in
 * observations and in baggage alike.
 */
import { SEMCONV, textOf } from '../model/attributes.js';
import { systemRandom } from '../model/clock.js';
import { attributesOfResource, componentOf, type ResourceLike } from './component.js';

const known = new WeakMap<ResourceLike, string>();
let ownInstance: string | undefined;

/** The observer of a resource's spans. While detectors are at work it may be the service alone, so it is asked late. */
export function observerOf(resource: ResourceLike): string {
  const before = known.get(resource);
  if (before !== undefined) return before;
  const attributes = attributesOfResource(resource);
  if (resource.asyncAttributesPending) return componentOf(attributes).text;
  const instance = textOf(attributes[SEMCONV.SERVICE_INSTANCE_ID]) ?? madeUpInstance();
  const observer = componentOf({ ...attributes, [SEMCONV.SERVICE_INSTANCE_ID]: instance }).text;
  known.set(resource, observer);
  return observer;
}

function madeUpInstance(): string {
  if (ownInstance === undefined) {
    const bytes = new Uint8Array(8);
    systemRandom(bytes);
    ownInstance = Buffer.from(bytes).toString('hex');
  }
  return ownInstance;
}
