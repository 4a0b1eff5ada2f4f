// SPDX-License-Identifier: Apache-2.0
/**
 * The live timeline: one line a happening, with the seconds since the demo began and a word for what it is about. Plain
 * text that reads well in a file; on a terminal the words that matter have colour.
 */
import type { WriteStream } from 'node:tty';
import { type ApiEvidence, type ApiTransition, type ApiVerdict, isConviction } from './engine-api.js';

export type Tone = 'plain' | 'good' | 'bad' | 'loud' | 'faint';

const TONE_CODES: Readonly<Record<Tone, string>> = { plain: '', good: '32', bad: '31', loud: '1;33', faint: '2' };

const LABEL_WIDTH = 9;

/** Names shown of a list of observers. */
const NAMES_MAX = 8;

export class Timeline {
  readonly #stream: NodeJS.WritableStream;
  readonly #hasColour: boolean;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    this.#hasColour = (stream as Partial<WriteStream>).isTTY === true && !process.env['NO_COLOR'];
  }

  /** A happening. */
  line(label: string, text: string, tone: Tone = 'plain'): void {
    const seconds = (performance.now() / 1000).toFixed(1).padStart(5);
    this.#write(`${seconds}s  ${this.#paint(label.padEnd(LABEL_WIDTH), tone)} ${text}`);
  }

  /** A happening of less weight. */
  note(label: string, text: string): void {
    this.line(label, this.#paint(text, 'faint'), 'faint');
  }

  /** More about the line above. */
  detail(label: string, text: string): void {
    this.#write(`${' '.repeat(9 + LABEL_WIDTH)}${label.padEnd(LABEL_WIDTH + 1)} ${text}`);
  }

  /** Text without a time. */
  text(text: string): void {
    this.#write(text);
  }

  /** A conviction or an acquittal, with all that speaks for it. */
  verdict(verdict: ApiVerdict, whenSaid: string | undefined): void {
    const { subject, status, failure, split, systemView, confidence } = verdict;
    const when = whenSaid === undefined ? '' : `; ${whenSaid}`;
    const kind = failure === 'none' ? '' : `, ${failure}`;
    const along = split.length > 0 ? `, split by ${split.join(' and ')}` : '';
    this.line('VERDICT', `${subject} is ${status}${kind}${along}${when}`, isConviction(verdict) ? 'loud' : 'good');
    for (const { operation, observersFor, observersAgainst } of verdict.operations.filter(isFailing)) {
      this.detail('failing', operation);
      this.detail('against', namesOf(observersAgainst));
      this.detail('for', namesOf(observersFor));
    }
    const healthy = verdict.operations.filter((operation) => operation.status === 'healthy');
    if (healthy.length > 0) this.detail('healthy', healthy.map(({ operation }) => operation).join(', '));
    if (!isConviction(verdict)) return;
    const [evidence] = verdict.evidence;
    if (evidence) this.detail('evidence', evidenceText(evidence));
    this.detail(
      'itself',
      `its own server spans and health checks say ${systemView}; confidence ${confidence.toFixed(2)}`,
    );
  }

  /** A change of somebody's verdict that the story is not about. */
  transition({ from, verdict }: ApiTransition): void {
    const kind = verdict.failure === 'none' ? '' : ` (${verdict.failure})`;
    this.note('engine', `${verdict.subject}: ${from.status} -> ${verdict.status}${kind}`);
  }

  #paint(text: string, tone: Tone): string {
    const code = TONE_CODES[tone];
    return this.#hasColour && code !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  #write(text: string): void {
    this.#stream.write(`${text}\n`);
  }
}

function isFailing({ status }: { readonly status: string }): boolean {
  return status !== 'healthy' && status !== 'na';
}

function namesOf(observers: readonly string[]): string {
  const rest = observers.length - NAMES_MAX;
  return (
    observers
      .slice(0, NAMES_MAX)
      .join(', ')
      .concat(rest > 0 ? ` and ${rest} more` : '') || 'nobody'
  );
}

function evidenceText({ traceId, spanId, errorType, message }: ApiEvidence): string {
  const what = [errorType, message].filter(Boolean).join(': ');
  return `trace ${traceId} span ${spanId}${what === '' ? '' : `  ${what}`}`;
}
