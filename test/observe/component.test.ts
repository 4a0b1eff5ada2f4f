// SPDX-License-Identifier: Apache-2.0
/** Who is speaking: what a resource says of its component, also while detectors are at work on it. */
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { type DetectedResourceAttributes, resourceFromAttributes } from '@opentelemetry/resources';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Attributes } from '../../src/model/attributes.js';
import { attributesOfResource, componentOf, environmentOf, type ResourceLike } from '../../src/observe/component.js';

describe('the component of a resource is', () => {
  it.each<[Attributes, string, string]>([
    [{ 'service.name': 'checkout' }, 'checkout', 'service'],
    [{ 'service.name': 'checkout', 'service.instance.id': 'a1' }, 'checkout/a1', 'instance'],
    [{ 'service.name': 'checkout', 'service.namespace': 'shop' }, 'shop:checkout', 'service'],
    [
      { 'service.name': 'checkout', 'service.namespace': 'shop', 'service.instance.id': '10.0.0.7:80' },
      'shop:checkout/10.0.0.7:80',
      'instance',
    ],
    [{ 'service.name': '', 'service.instance.id': '' }, 'unknown_service', 'service'],
    [{}, 'unknown_service', 'service'],
  ])('%j: %s, known as %s', (resource, text, resolution) => {
    expect(componentOf(resource)).toEqual({ text, resolution });
  });
});

describe('the environment of a resource is', () => {
  it.each<[Attributes, string]>([
    [{ 'deployment.environment.name': 'staging' }, 'staging'],
    [{ 'deployment.environment': 'staging' }, 'staging'],
    [{ 'deployment.environment.name': 'new', 'deployment.environment': 'old' }, 'new'],
    [{}, ''],
  ])('%j: "%s"', (resource, environment) => {
    expect(environmentOf(resource)).toBe(environment);
  });
});

describe('a resource whose detectors are at work', () => {
  afterEach(() => diag.disable());

  /** The name of the service and of its zone are known at once, its instance later. */
  function detecting(): {
    resource: ResourceLike & { waitForAsyncAttributes?(): Promise<void> };
    detect: (id: string) => void;
  } {
    let detect: (id: string) => void = () => undefined;
    const pending = new Promise<string>((resolve) => {
      detect = resolve;
    });
    const attributes: DetectedResourceAttributes = { 'service.name': 'checkout', 'service.instance.id': pending };
    return { resource: resourceFromAttributes(attributes) as ResourceLike, detect };
  }

  it('is read as far as it goes, without an error in the log', async () => {
    const error = vi.fn();
    const silent = { warn: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() };
    diag.setLogger({ error, ...silent }, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
    const { resource, detect } = detecting();
    expect(componentOf(attributesOfResource(resource)).text).toBe('checkout');
    expect(error).not.toHaveBeenCalled();
    detect('a1');
    await resource.waitForAsyncAttributes?.();
    expect(componentOf(attributesOfResource(resource)).text).toBe('checkout/a1');
  });

  it('says of a name given twice what the SDK will say', async () => {
    const merged = resourceFromAttributes({ 'service.name': 'default' }).merge(detecting().resource as never);
    expect(attributesOfResource(merged as ResourceLike)['service.name']).toBe('checkout');
  });

  it('of an SDK that cannot be asked entry by entry is read as it is', () => {
    const attributes = { 'service.name': 'checkout' };
    expect(attributesOfResource({ attributes, asyncAttributesPending: true })).toBe(attributes);
  });
});
