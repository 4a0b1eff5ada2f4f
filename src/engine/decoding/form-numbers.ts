// SPDX-License-Identifier: Apache-2.0
/**
 * A decoding thread's side of the forms: each has a number, and is told in full once. A number is given again only after its
 * form's end was told, so that both sides always mean the same by it.
 */
import { DEFAULT_RULES } from '../../observe/rules.js';
import { useOf } from '../../observe/span-use.js';
import type { ResourceForm, SpanForm } from '../wire/span-form.js';
import type { DecodedSpans, NewForm, NewResource } from './decoder-messages.js';

/** What this side has made of a form. */
interface Numbered {
  readonly number: number;
  readonly isReadInFull: boolean;
}

/** In place of a number: forgotten before it had one. */
const FORGOTTEN = Symbol('forgotten');

export class FormNumbers {
  readonly #hasOwnRules: boolean;
  readonly #forms = new Numbers();
  readonly #resources = new Numbers();
  #newForms: NewForm[] = [];
  #newResources: NewResource[] = [];

  /** @param hasOwnRules whether a user's rules may look at anything in a call */
  constructor(hasOwnRules: boolean) {
    this.#hasOwnRules = hasOwnRules;
  }

  of(form: SpanForm): Numbered {
    const { known } = form;
    if (known !== undefined && known !== FORGOTTEN) return known as Numbered;
    const made = this.#tell(form);
    form.known = made;
    if (known === FORGOTTEN) this.#forms.takeBack(made.number);
    return made;
  }

  ofResource(form: ResourceForm): number {
    const { known } = form;
    if (known !== undefined && known !== FORGOTTEN) return known as number;
    const number = this.#tellResource(form);
    form.known = number;
    if (known === FORGOTTEN) this.#resources.takeBack(number);
    return number;
  }

  /** The decoder has forgotten a form. It may still be asked for in the request that made the decoder forget it. */
  drop(form: SpanForm): void {
    if (form.known === undefined) form.known = FORGOTTEN;
    else this.#forms.takeBack((form.known as Numbered).number);
  }

  dropResource(form: ResourceForm): void {
    if (form.known === undefined) form.known = FORGOTTEN;
    else this.#resources.takeBack(form.known as number);
  }

  /** What is to be told since it was asked last. */
  news(): Pick<DecodedSpans, 'newForms' | 'newResources' | 'goneForms' | 'goneResources'> {
    const [newForms, newResources] = [this.#newForms, this.#newResources];
    this.#newForms = [];
    this.#newResources = [];
    return { newForms, newResources, goneForms: this.#forms.gone(), goneResources: this.#resources.gone() };
  }

  #tell(form: SpanForm): Numbered {
    const { high, low, kind, name, statusCode, attributes, resource } = form;
    const number = this.#forms.give();
    this.#newForms.push({ number, high, low, resource: this.ofResource(resource), kind, name, statusCode, attributes });
    const { isReadInFull, isCall, isServed } = useOf(form, DEFAULT_RULES);
    // They have been told, and nobody here asks again.
    form.attributes = {};
    return { number, isReadInFull: isReadInFull || (this.#hasOwnRules && (isCall || isServed)) };
  }

  #tellResource({ high, low, attributes }: ResourceForm): number {
    const number = this.#resources.give();
    this.#newResources.push({ number, high, low, attributes });
    return number;
  }
}

/** Numbers from 0 on; those that are free again go first. */
class Numbers {
  #next = 0;
  readonly #free: number[] = [];
  #gone: number[] = [];

  give(): number {
    return this.#free.pop() ?? this.#next++;
  }

  takeBack(number: number): void {
    this.#gone.push(number);
  }

  /** Those that were taken back; they may be given again from now on. */
  gone(): readonly number[] {
    const gone = this.#gone;
    if (gone.length === 0) return gone;
    this.#gone = [];
    for (const number of gone) this.#free.push(number);
    return gone;
  }
}
