// SPDX-License-Identifier: Apache-2.0
/** Whether work goes on after it has returned: code that wraps the host's own must know, and must not throw when it asks. */

/**
 * Whether a value is a promise, also one of another realm, such as Node's own are to code that runs in a `vm` context.
 * Another object with a `then`, as lazy queries are, is none until somebody awaits it. Never throws.
 */
export function isPromise(value: unknown): value is Promise<unknown> {
  try {
    return (
      value instanceof Promise ||
      (Object.prototype.toString.call(value) === '[object Promise]' &&
        typeof (value as Promise<unknown>).then === 'function')
    );
  } catch {
    return false;
  }
}
