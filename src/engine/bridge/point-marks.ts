// SPDX-License-Identifier: Apache-2.0
/** What a point of the SDK's metrics may have beside its value, of which the SDK knows nothing: exemplars, or that its series has ended. */
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import type { Exemplar } from './tallies.js';

const EXEMPLARS = Symbol('exemplars');
const HAS_ENDED = Symbol('has ended');

/** The same point, with exemplars. */
export function withExemplars<T>(point: DataPoint<T>, exemplars: readonly Exemplar[]): DataPoint<T> {
  return exemplars.length === 0 ? point : Object.assign(point, { [EXEMPLARS]: exemplars });
}

export function exemplarsOf(point: object): readonly Exemplar[] {
  return (point as { readonly [EXEMPLARS]?: readonly Exemplar[] })[EXEMPLARS] ?? [];
}

/** A point that says of its series that there is no value any more. */
export function endOf(point: Omit<DataPoint<number>, 'value'>): DataPoint<number> {
  return Object.assign({ ...point, value: Number.NaN }, { [HAS_ENDED]: true });
}

export function isEnd(point: object): boolean {
  return HAS_ENDED in point;
}
