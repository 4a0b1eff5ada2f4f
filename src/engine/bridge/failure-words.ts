// SPDX-License-Identifier: Apache-2.0
/** Why something could not be sent, in words for the log: what was thrown may hide them in its cause, or have a code and no words. */

/** Never empty. */
export function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown) || 'unknown';
  // Of a name with several addresses, none of which takes a connection, there is a code alone.
  const { code } = thrown as { readonly code?: unknown };
  return (thrown.cause instanceof Error && wordsOf(thrown.cause)) || thrown.message || String(code ?? thrown.name);
}
