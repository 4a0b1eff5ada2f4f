// SPDX-License-Identifier: Apache-2.0
/** What `panorama init` wants to know: each question with its flag, its default, and what is no answer. */
import { PanoramaError } from '../../model/errors.js';

/** What the files are made of. */
export interface SetUp {
  /** Whether applications send to a Collector, which hands on to the engine. */
  readonly hasCollector: boolean;
  /** `HOST:PORT` of the backend that has the traces; empty where there is none. */
  readonly backend: string;
  /** For how long history is kept; 0: not at all. */
  readonly historyDays: number;
  /** URL to which alerts are posted; empty: nowhere. */
  readonly webhook: string;
  /** What npm installs in the engine's image. */
  readonly packageSpec: string;
}

export interface Question {
  /** The option that answers it, by the name that commander has for it. */
  readonly option: 'collector' | 'backend' | 'historyDays' | 'webhook';
  readonly text: string;
  /** What is answered by nothing. */
  readonly byDefault: string;
  /** Whether it is asked, by what was answered before. */
  readonly isAsked: (answers: Answers) => boolean;
  /** What is wrong with an answer; `undefined` where nothing is. */
  readonly fault: (answer: string) => string | undefined;
}

export type Answers = Readonly<Record<Question['option'], string>>;

export const QUESTIONS: readonly Question[] = [
  {
    option: 'collector',
    text: 'Shall applications send to an OpenTelemetry Collector, and that to the engine? (yes/no)',
    byDefault: 'yes',
    isAsked: () => true,
    fault: (answer) => (/^(y|yes|n|no)$/i.test(answer) ? undefined : 'is neither yes nor no'),
  },
  {
    option: 'backend',
    text: 'Where does your tracing backend take OTLP over gRPC? (HOST:PORT, or none)',
    byDefault: 'none',
    isAsked: ({ collector }) => isYes(collector),
    fault: (answer) =>
      answer === 'none' || /^(\[[\da-fA-F:]+\]|[\w.-]+):\d{1,5}$/.test(answer) ? undefined : 'is not HOST:PORT',
  },
  {
    option: 'historyDays',
    text: 'For how many days shall history be kept, also through a restart? (0: not at all)',
    byDefault: '30',
    isAsked: () => true,
    fault: (answer) => (/^\d{1,4}$/.test(answer) ? undefined : 'is no whole number of days'),
  },
  {
    option: 'webhook',
    text: 'To which URL shall alerts be posted, as by Alertmanager? (or none)',
    byDefault: 'none',
    isAsked: () => true,
    fault: (answer) =>
      answer === 'none' || (/^https?:\/\/[^\s'"`$\\]+$/.test(answer) && URL.canParse(answer)) ? undefined : 'is no URL',
  },
];

/** @throws PanoramaError PANO_USAGE, which names the flag */
export function setUpOf(answers: Answers, packageSpec: string): SetUp {
  for (const { option, fault } of QUESTIONS) {
    const wrong = fault(answers[option]);
    if (wrong === undefined) continue;
    const flag = option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new PanoramaError('PANO_USAGE', `--${flag} ${JSON.stringify(answers[option])} ${wrong}; correct it`);
  }
  if (!/^[\w@./:+~^-]+$/.test(packageSpec)) {
    throw new PanoramaError(
      'PANO_USAGE',
      `--package ${JSON.stringify(packageSpec)} is nothing that npm installs; give a name and version, or a .tgz file`,
    );
  }
  const { collector, backend, historyDays, webhook } = answers;
  const hasCollector = isYes(collector);
  return {
    hasCollector,
    backend: !hasCollector || backend === 'none' ? '' : backend,
    historyDays: Number(historyDays),
    webhook: webhook === 'none' ? '' : webhook,
    packageSpec,
  };
}

function isYes(answer: string): boolean {
  return /^y/i.test(answer);
}
