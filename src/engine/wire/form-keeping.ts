// SPDX-License-Identifier: Apache-2.0
/** How a decoder keeps its forms, where somebody else keeps a copy of them. */
import { FINGERPRINT_SEED } from '../../model/fingerprint.js';
import type { ResourceForm, SpanForm } from './span-form.js';

export interface FormKeeping {
  /** Of all fingerprints. With the same one, decoders in several threads find the same fingerprint for the same form. */
  readonly seed: number;
  /** Told of each form that is forgotten. */
  readonly onSpanForm?: ((form: SpanForm) => void) | undefined;
  readonly onResourceForm?: ((form: ResourceForm) => void) | undefined;
}

export const KEPT_HERE: FormKeeping = { seed: FINGERPRINT_SEED };
