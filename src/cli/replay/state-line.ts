// SPDX-License-Identifier: Apache-2.0
/** A change of state of a replayed recording: as a JSON line for programs, as a line of text for people. */
import type { ReplayedState } from '../../engine/replay.js';
import { serviceOf } from '../../model/identity.js';
import { HealthStatus, type HealthStatusName, statusName } from '../../model/status.js';
import { type Paint, plain } from '../text.js';

/** One line of `--json`. `blame` is left out while nothing is wrong, `environment` where the recording has none. */
export interface StateJson {
  readonly t_ms: number;
  readonly environment?: string;
  readonly subject: string;
  readonly service: string;
  readonly status: HealthStatusName;
  readonly failure: string;
  readonly blame?: string;
}

export function stateJson({ atMs, environment, subject, status, failure, blame }: ReplayedState): StateJson {
  return {
    t_ms: atMs,
    ...(environment !== '' && { environment }),
    subject,
    service: serviceOf(subject),
    status: statusName(status),
    failure,
    ...(blame !== undefined && { blame }),
  };
}

/** Whether something is wrong: what people want to read of. */
export function isIll({ status, failure }: Pick<ReplayedState, 'status' | 'failure'>): boolean {
  return status >= HealthStatus.MAYBE_UNHEALTHY || failure !== 'none';
}

/** `03:51:02.113  cart/1  healthy → unhealthy gray  in GET /cart  because timeout, culprit: redis/0`. */
export function stateLine(state: ReplayedState, before: ReplayedState | undefined, paint: Paint): string {
  const { atMs, subject, environment, status, failure, reason, blame, operations } = state;
  const time = new Date(atMs).toISOString().slice(11, 23);
  const whose = environment === '' ? subject : `${subject} (${environment})`;
  const former = statusName(before?.status ?? HealthStatus.NA);
  const said = statusName(status);
  const from = former === said ? '' : `${former} → `;
  const sick = operations.filter((each) => each.status >= HealthStatus.MAYBE_UNHEALTHY);
  const where = sick.length > 0 ? `  in ${sick.map(({ operation }) => operation).join(', ')}` : '';
  const culprit = blame !== undefined && blame !== subject ? `, culprit: ${blame}` : '';
  const because = failure === 'none' ? '' : `  because ${reason}${culprit}`;
  return [
    `${paint.dim(time)}  ${paint.bold(whose)}  ${plain(from)}`,
    paint.status(said),
    plain(`${failure === 'none' ? '' : ` ${failure}`}${where}${because}`),
  ].join('');
}
