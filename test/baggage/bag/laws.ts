// SPDX-License-Identifier: Apache-2.0
/** What may happen beside pack, split, join, hop, request and answer. */
export interface Laws {
  /** Branches end without being joined, requests without being answered. */
  readonly losses?: boolean;
  /** Requests end without being answered, with all that was done for them; branches are joined. */
  readonly unanswered?: boolean;
  /** Answers are delivered twice, the second time at any moment after the first. */
  readonly duplicates?: boolean;
  /** A request reaches two receivers. */
  readonly fanOut?: boolean;
  /** Work answers while branches of it are out, goes on, and answers again. */
  readonly late?: boolean;
  /** Branches of one family are joined into another. */
  readonly strangers?: boolean;
  /** Nothing is split off; work forks in nested branches, as services do it. */
  readonly nested?: boolean;
}
