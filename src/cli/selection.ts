// SPDX-License-Identifier: Apache-2.0
/** The options by which commands choose among subjects. */
import { type Command, Option } from 'commander';
import type { VerdictJson } from '../engine/api/shapes.js';
import { PanoramaError } from '../model/errors.js';
import { type HealthStatusName, STATUS_NAMES, statusFromName, statusName } from '../model/status.js';
import type { FailureKind } from '../model/verdict.js';

const FAILURES: readonly FailureKind[] = ['none', 'masked', 'gray', 'crash'];

export interface SelectionFlags {
  readonly environment?: string;
  readonly status?: string;
  readonly failure?: FailureKind;
}

export function withSelectionOptions(command: Command): Command {
  return withEnvironmentOption(command)
    .option('--status <names>', 'only these statuses, joined by commas, such as unhealthy,maybe_unhealthy')
    .addOption(new Option('--failure <kind>', 'only this kind of failure').choices(FAILURES));
}

export function withEnvironmentOption(command: Command): Command {
  return command.option('--environment <name>', 'only this deployment environment');
}

/** The names in `--status` as the engine has them; `undefined` where there is no such option. */
export function statusesIn(text: string | undefined): readonly HealthStatusName[] | undefined {
  return text?.split(',').map((word) => statusIn('--status', word.trim()));
}

/** @throws PanoramaError PANO_USAGE for a word that is no status */
export function statusIn(flag: string, word: string): HealthStatusName {
  const status = statusFromName(word);
  if (status !== undefined) return statusName(status);
  throw new PanoramaError('PANO_USAGE', `${flag} ${JSON.stringify(word)} is no status; give names of ${STATUS_NAMES}`);
}

/** Whether a verdict is one of those that the options choose. */
export function isSelected(flags: SelectionFlags): (verdict: VerdictJson) => boolean {
  const { environment, failure } = flags;
  const statuses = statusesIn(flags.status);
  return (verdict) =>
    (environment === undefined || verdict.environment === environment) &&
    (statuses === undefined || statuses.includes(verdict.status)) &&
    (failure === undefined || verdict.failure === failure);
}

/** What of the options the engine is asked with. */
export function selectionOf({ environment, status, failure }: SelectionFlags): SelectionFlags {
  return {
    ...(environment !== undefined && { environment }),
    ...(status !== undefined && { status }),
    ...(failure !== undefined && { failure }),
  };
}
