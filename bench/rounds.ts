// SPDX-License-Identifier: Apache-2.0
/** How a noisy machine is measured: in many short rounds, whose median is reported. */

/** Nanoseconds an item that `work` takes for the whole batch. */
export function nsPerItem(items: number, work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / items;
}

/** The middle value; of an even number of values the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
