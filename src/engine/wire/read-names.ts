// SPDX-License-Identifier: Apache-2.0
/** The attributes that are read, by their bytes: the same in every encoding. */
import { READ_ATTRIBUTES, SEMCONV } from '../../model/attributes.js';
import { NameTable } from '../../protobuf/wire-text.js';

/** Of resources, spans and metrics. */
export const READ_NAMES: NameTable = new NameTable(READ_ATTRIBUTES);

/** Of an event that records an exception. */
export const EXCEPTION_NAMES: NameTable = new NameTable([SEMCONV.EXCEPTION_TYPE, SEMCONV.EXCEPTION_MESSAGE]);
