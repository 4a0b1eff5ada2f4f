// SPDX-License-Identifier: Apache-2.0
/**
 * A world of branches that split, join, ask each other and get lost, drawn from one seed. Beside each baggage stands what
 * it must know: the numbers of the tuples. After every step the baggage is held against that.
 *
 * What counts as lost follows from the steps alone. A tuple is known to the branch that packed it. A split, a request and
 * a hop copy what is known; a join and an answer add it up. A branch that is lost takes its knowledge with it. So a tuple
 * is lost exactly when every branch that knew it was lost, or is never joined.
 *
 * A family is one clock's world: the branches that were split from one home.
 */
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { bag } from '../../../src/baggage/bag/packing.js';
import { chanceFrom } from './chance.js';
import { type Family, learn, type Member, whereabouts } from './family.js';
import type { Laws } from './laws.js';

const ALL = bag('all');
const SUM = bag('sum', { keep: 'combined', by: [], values: { n: 'sum' } });
const COUNT = bag('count', { keep: 'combined', by: [], values: { tuples: 'count' } });

interface Delivered {
  readonly bytes: Uint8Array;
  readonly to: Member;
  readonly known: ReadonlySet<number>;
}

export class World {
  /** Whether copies went where no clock could follow them; then more than one instance may remain. */
  escaped = false;
  readonly #laws: Laws;
  readonly #chance: () => number;
  readonly #families = new Set<Family>();
  readonly #root: Member;
  readonly #packedAfter: ReadonlySet<number>[] = [];
  readonly #delivered: Delivered[] = [];

  constructor(seed: number, laws: Laws = {}) {
    this.#chance = chanceFrom(seed);
    this.#laws = laws;
    this.#root = this.#family(new Baggage(), new Set());
  }

  /** One step, of a kind and with branches drawn by chance. */
  step(): void {
    const member = this.#pick(this.#live());
    const kinds = [
      () => this.#pack(member),
      () => this.#pack(member),
      () => !this.#laws.nested && this.#split(member),
      () => this.#join(member),
      () => this.#join(member),
      () => this.#hop(member),
      () => this.#request(member),
      () => this.#answer(this.#pick(this.#live().filter(({ family }) => family.home && family.asker)) ?? member),
      () => this.#laws.losses && this.#lose(member),
      () => this.#laws.unanswered && this.#abandon(member.family),
      () => this.#laws.duplicates && this.#again(),
      () => this.#laws.strangers && this.#stranger(member),
    ];
    (this.#pick(kinds) as () => void)();
  }

  /** Joins whoever is left, and answers whoever asked. @returns the one baggage that remains */
  settle(): Baggage {
    for (let open = [...this.#families]; open.some(({ asker }) => asker); open = [...this.#families]) {
      const ready = open.find(
        ({ asker, members }) => asker && [...members].every(({ openCalls }) => openCalls === 0),
      ) as Family;
      if (ready.home) {
        this.#gather(ready.home);
        this.#reply(ready.home);
      }
      this.#close(ready);
    }
    for (const { home } of this.#families) {
      if (!home) continue;
      this.#gather(home);
      if (home !== this.#root) this.#merge(this.#root, home);
    }
    return this.#root.baggage;
  }

  #gather(home: Member): void {
    for (const other of home.family.members) if (other !== home) this.#merge(home, other);
  }

  #pack(member: Member): void {
    const id = this.#packedAfter.push(new Set(member.known)) - 1;
    member.baggage.pack(ALL, { id });
    member.baggage.pack(SUM, { n: id + 1 });
    member.baggage.pack(COUNT, {});
    member.known.add(id);
    this.#verify(member);
  }

  #split(member: Member): void {
    if (this.#live().length > 12) return;
    const branch = this.#member(member.baggage.split(), member.family, member.known, member.gone);
    this.#verify(branch);
  }

  #join(member: Member): void {
    const { members, home } = member.family;
    const other = this.#pick([...members].filter((each) => each !== member));
    if (!other) return;
    if (other === home) this.#merge(other, member);
    else this.#merge(member, other);
  }

  /** The branch goes on in another process, in the same frame. */
  #hop(member: Member): void {
    // Bytes do not tell what was handed over, nor would an answer find its way.
    if (member === member.family.home || member.openCalls > 0 || member.gone.size > 0) return;
    member.family.members.delete(member);
    const moved = Baggage.deserialize(member.baggage.serialize());
    this.#verify(this.#member(moved, member.family, member.known, new Set()));
  }

  #request(asker: Member): void {
    if (this.#live().length > 12) return;
    if (this.#laws.nested && this.#chance() < 0.5) {
      this.#verify(this.#family(asker.baggage.nested(), asker.known, asker, true));
      asker.openCalls++;
      return;
    }
    const bytes = asker.baggage.request().serialize();
    const receivers = this.#laws.fanOut && this.#chance() < 0.4 ? 2 : 1;
    for (let count = 0; count < receivers; count++) {
      this.#verify(this.#family(Baggage.enter(Baggage.deserialize(bytes)), asker.known, asker));
      asker.openCalls++;
    }
  }

  #answer({ family }: Member): void {
    const { home, members } = family;
    if (!home || !family.asker) return;
    const alone = members.size === 1 && home.openCalls === 0;
    if (!alone && !this.#laws.late) return;
    this.#reply(home);
    if (alone && !(this.#laws.late && this.#chance() < 0.5)) this.#close(family);
  }

  #reply(home: Member): void {
    const { family } = home;
    if (!this.#isWhole(home)) this.#letEscape(family.asker);
    const known = new Set([...home.known].filter((id) => !family.inherited.has(id)));
    const answer = family.local ? home.baggage.handBack() : home.baggage.answer();
    for (const id of known) {
      home.known.delete(id);
      home.gone.add(id);
    }
    this.#verify(home);
    const asker = family.asker && whereabouts(family.asker);
    if (!asker) return;
    if (!family.local) this.#deliver({ bytes: answer.serialize(), to: asker, known });
    else {
      asker.baggage.join(answer);
      for (const id of known) asker.known.add(id);
      this.#verify(asker);
    }
  }

  #deliver(answer: Delivered): void {
    const asker = whereabouts(answer.to);
    if (!asker) return;
    asker.baggage.join(Baggage.deserialize(answer.bytes));
    learn(asker, answer.known);
    if (this.#laws.duplicates) this.#delivered.push(answer);
    this.#verify(asker);
  }

  /** Delivers an answer again, perhaps to whom its first receiver has handed it back in the meantime. */
  #again(): void {
    const answer = this.#pick(this.#delivered);
    if (!answer) return;
    const { family, gone } = answer.to;
    const handedBack = family.local && [...answer.known].every((id) => gone.has(id));
    this.#deliver(handedBack && family.asker && this.#chance() < 0.5 ? { ...answer, to: family.asker } : answer);
  }

  #lose(member: Member): void {
    const { family } = member;
    if (member === this.#root) return;
    family.members.delete(member);
    family.broken = true;
    if (member !== family.home) return;
    delete family.home;
    this.#letEscape(family.asker);
    const asker = family.asker && whereabouts(family.asker);
    if (asker) asker.openCalls--;
    // Its branches go on, but there is nobody who would join them.
    this.#families.delete(family);
  }

  /** Whoever was asked ends, with all branches and all whom it has asked in turn. */
  #abandon(family: Family): void {
    if (!family.asker) return;
    for (const other of this.#families) if (other.asker?.family === family) this.#abandon(other);
    this.#close(family);
    family.members.clear();
  }

  /**
   * A branch of another family is joined; for lack of one, a family begins. None that was asked: what it sees of its asker
   * is a copy, and another that was asked by the same may see the same under a later key. `docs/wire-format.md` says so.
   */
  #stranger(member: Member): void {
    if (member.family.asker) return;
    const others = this.#live().filter(
      ({ family }) => family !== member.family && family !== this.#root.family && !family.asker,
    );
    const other = this.#pick(others);
    if (!other || this.#chance() < 0.3) {
      if (this.#live().length <= 12) this.#family(new Baggage(), new Set());
      return;
    }
    const { family } = other;
    if (other === family.home && family.members.size > 1) return;
    if (!this.#isWhole(other)) this.escaped = true;
    family.broken = true;
    this.#merge(member, other);
    if (other === family.home) this.#families.delete(family);
  }

  #merge(member: Member, other: Member): void {
    member.baggage.join(other.baggage);
    learn(member, other.known);
    for (const id of other.gone) member.gone.add(id);
    member.openCalls += other.openCalls;
    other.into = member;
    other.family.members.delete(other);
    this.#verify(member);
  }

  #close(family: Family): void {
    this.#families.delete(family);
    const asker = family.asker && whereabouts(family.asker);
    if (asker) asker.openCalls--;
  }

  #letEscape(asker: Member | undefined): void {
    this.escaped = true;
    if (asker) asker.family.broken = true;
  }

  #isWhole({ family, openCalls }: Member): boolean {
    return !family.broken && family.members.size === 1 && openCalls === 0;
  }

  #family(baggage: Baggage, known: ReadonlySet<number>, asker?: Member, local = false): Member {
    const family: Family = {
      ...(asker && { asker }),
      local,
      inherited: new Set(known),
      members: new Set(),
      broken: false,
    };
    this.#families.add(family);
    family.home = this.#member(baggage, family, known, new Set());
    return family.home;
  }

  #member(baggage: Baggage, family: Family, known: ReadonlySet<number>, gone: Set<number>): Member {
    const member: Member = { baggage, family, known: new Set(known), gone, openCalls: 0 };
    family.members.add(member);
    return member;
  }

  #live(): Member[] {
    return [...this.#families].flatMap(({ members }) => [...members]);
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#chance() * from.length)] as T;
  }

  /** Holds a baggage against what it must know. */
  #verify({ baggage, known }: Member): void {
    const ids = baggage.unpack(ALL).map(({ id }) => id as number);
    const sum = baggage.unpack(SUM)[0]?.n ?? 0;
    const count = baggage.unpack(COUNT)[0]?.tuples ?? 0;
    const expected = [...known].sort((a, b) => a - b);
    const wanted = expected.reduce((total, id) => total + id + 1, 0);
    const got = [...ids].sort((a, b) => a - b);
    if (String(got) !== String(expected)) throw new Error(`holds [${got}] where it must hold [${expected}]`);
    if (sum !== wanted) throw new Error(`has the sum ${sum} where ${wanted} were packed`);
    if (count !== expected.length) throw new Error(`counts ${count} where ${expected.length} were packed`);
    ids.forEach((id, place) => {
      const early = ids.slice(0, place).find((before) => this.#packedAfter[before]?.has(id));
      if (early !== undefined) throw new Error(`has ${early} before ${id}, which was known when ${early} was packed`);
    });
  }
}
