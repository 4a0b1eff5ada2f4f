// SPDX-License-Identifier: Apache-2.0
/**
 * What the observer was doing: the paper's *context*, here Operation because OpenTelemetry owns `Context`. A gray
 * failure is often visible in one operation only, so operations are judged apart; and they must be few, so a raw URL
 * path never becomes one.
 */
import { type Attributes, SEMCONV, textOf } from '../model/attributes.js';
import { cut, OPERATION_LENGTH_MAX } from '../model/limits.js';

/** One rule: the operation's name, or `undefined` where the span is of another kind. */
export interface OperationRule {
  readonly name: string;
  readonly operation: (attributes: Attributes) => string | undefined;
}

/** The rules in order. The span's own name is the last resort, outside the table. */
export const OPERATION_RULES: readonly OperationRule[] = [
  {
    // `rpc.method` alone is fully qualified by the newer conventions.
    name: 'rpc',
    operation: (attributes) => {
      const method = textOf(attributes[SEMCONV.RPC_METHOD]);
      const service = textOf(attributes[SEMCONV.RPC_SERVICE]);
      return method === undefined || service === undefined ? method : `${service}/${method}`;
    },
  },
  {
    name: 'http',
    operation: (attributes) =>
      joined(
        textOf(attributes[SEMCONV.HTTP_REQUEST_METHOD], attributes[SEMCONV.HTTP_METHOD]),
        textOf(attributes[SEMCONV.URL_TEMPLATE], attributes[SEMCONV.HTTP_ROUTE]),
      ),
  },
  {
    name: 'database',
    operation: (attributes) =>
      joined(
        textOf(attributes[SEMCONV.DB_OPERATION_NAME], attributes[SEMCONV.DB_OPERATION]),
        textOf(attributes[SEMCONV.DB_COLLECTION_NAME], attributes[SEMCONV.DB_SQL_TABLE]),
      ),
  },
  {
    name: 'messaging',
    operation: (attributes) =>
      joined(
        textOf(
          attributes[SEMCONV.MESSAGING_OPERATION_NAME],
          attributes[SEMCONV.MESSAGING_OPERATION_TYPE],
          attributes[SEMCONV.MESSAGING_OPERATION],
        ),
        textOf(attributes[SEMCONV.MESSAGING_DESTINATION_NAME], attributes[SEMCONV.MESSAGING_DESTINATION]),
      ),
  },
];

/** The operation of a span, at most `OPERATION_LENGTH_MAX` characters. */
export function operationOf(
  spanName: string,
  attributes: Attributes,
  rules: readonly OperationRule[] = OPERATION_RULES,
): string {
  for (const rule of rules) {
    const operation = rule.operation(attributes);
    if (operation !== undefined) return cut(operation, OPERATION_LENGTH_MAX);
  }
  return cut(spanName, OPERATION_LENGTH_MAX) || 'unnamed';
}

function joined(verb: string | undefined, object: string | undefined): string | undefined {
  return verb === undefined || object === undefined ? verb : `${verb} ${object}`;
}
