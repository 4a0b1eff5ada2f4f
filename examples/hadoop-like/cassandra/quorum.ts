// SPDX-License-Identifier: Apache-2.0
/** Waiting for enough answers, and no longer. */

/** Too few of those asked have answered well. */
export class QuorumError extends Error {
  constructor(needed: number, causes: readonly unknown[]) {
    const words = causes.map((cause) => (cause instanceof Error ? cause.message : String(cause)));
    super(`not ${needed} replicas answered: ${words.join('; ')}`);
  }
}

/** The first `needed` answers. Rejects as soon as so many can no longer come. */
export function quorumOf<Answer>(asked: readonly Promise<Answer>[], needed: number): Promise<readonly Answer[]> {
  return new Promise((resolve, reject) => {
    const answers: Answer[] = [];
    const causes: unknown[] = [];
    const failed = (cause: unknown): void => {
      causes.push(cause);
      if (asked.length - causes.length < needed) reject(new QuorumError(needed, causes));
    };
    for (const one of asked) {
      one.then((answer) => {
        answers.push(answer);
        if (answers.length === needed) resolve([...answers]);
      }, failed);
    }
    if (asked.length < needed) reject(new QuorumError(needed, causes));
  });
}
