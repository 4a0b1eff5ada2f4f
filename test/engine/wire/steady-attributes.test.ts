// SPDX-License-Identifier: Apache-2.0
/** What makes a form: names by their bytes. */
import { describe, expect, it } from 'vitest';
import { Role, RoleTable, roleOf } from '../../../src/engine/wire/steady-attributes.js';
import { READ_ATTRIBUTES } from '../../../src/model/attributes.js';

const roleIn = (table: RoleTable, name: string) => {
  const bytes = Buffer.from(`..${name}..`);
  return table.roleAt(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 2, Buffer.byteLength(name));
};

describe.each([false, true])('the role of a name (of a span that was served: %s)', (isServed) => {
  const table = new RoleTable(isServed);

  it('is found by its bytes for every name that is read', () => {
    for (const name of READ_ATTRIBUTES) expect([name, roleIn(table, name)]).toEqual([name, roleOf(name, isServed)]);
  });

  it('is none of a name that is shorter, longer or begins or ends otherwise', () => {
    for (const name of READ_ATTRIBUTES) {
      for (const other of [`${name}x`, name.slice(1), `X${name.slice(1)}`, `${name.slice(0, -1)}X`]) {
        if (!READ_ATTRIBUTES.has(other)) expect([other, roleIn(table, other)]).toEqual([other, Role.NONE]);
      }
    }
  });
});
