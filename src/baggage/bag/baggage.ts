// SPDX-License-Identifier: Apache-2.0
/**
 * Causal baggage: what is known along one path of a request. Think of a notebook that walks with the work. Where the
 * work forks, the notebook is copied and both copies are marked with what was already in them; where branches meet, two
 * notebooks become one and nothing that both had is written twice.
 *
 * Branches part in two ways:
 * - A **request** has an answer. Whoever is asked sees all that the asker knows, and answers with what is its own. So
 *   nothing of the asker's ever comes back, and it need not wait: what it holds stays in one piece, whoever never answers.
 * - A **split** makes two branches of one right. Either may come back with copies of what both had. An Interval Tree Clock
 *   is halved at each split and added up at each join; who holds the whole knows that nobody else has a copy.
 *
 * Sources: Fonseca and Mace, "Tracing Plane" and "Pivot Tracing" (SOSP 2015), the interface pack, unpack, serialize,
 * deserialize, split, join; Almeida, Baquero, Fonte, "Interval Tree Clocks" (OPODIS 2008).
 */
import { BAG_TUPLE_COUNT_MAX } from '../../model/limits.js';
import { type DecodedBag, decodeBag, encodeBag, type SerializeOptions } from './bag-wire.js';
import { BranchClock } from './branch-clock.js';
import { Contents } from './contents.js';
import { handedOver, type Instance, Instances, instanceKey, type Origin } from './instance.js';
import { type Bag, bagFor, type Packable, type Tuple } from './packing.js';
import { toUnite } from './uniting.js';

/** The baggage of one branch of a request. Services need `pack` and `unpack` only, which find that of the work at hand. */
export class Baggage {
  #clock: BranchClock;
  #active = Contents.empty();
  #sealed = new Instances();
  #truncated = false;
  /** Whether what the request brought was truncated: nothing that whoever asked would not know. */
  #inheritedTruncated = false;
  #lossCount = 0;
  #subject: string | undefined;

  /** New, empty baggage with a clock of its own. @param frame the clock's name, 1 to 16 bytes; default: a new one */
  constructor(frame?: Uint8Array) {
    this.#clock = new BranchClock(frame);
  }

  static #at(clock: BranchClock): Baggage {
    const branch = new Baggage(clock.frame);
    branch.#clock = clock;
    return branch;
  }

  /** Whether nothing is packed and nothing was inherited. Empty baggage needs no header. */
  get isEmpty(): boolean {
    return this.#active.isEmpty && this.#sealed.size === 0 && !this.truncated;
  }

  /** Whether joining it changes nothing, as with an answer that only says who gave it. */
  get isMute(): boolean {
    return this.isEmpty && !this.#clock.hasPart;
  }

  /** Whether a bound left out tuples, here or elsewhere. */
  get truncated(): boolean {
    return this.#truncated || this.#inheritedTruncated;
  }

  /** How often a bound made this branch leave out what it was to take in or to send. */
  get lossCount(): number {
    return this.#lossCount;
  }

  /** Who answered, where this came back with a response: an identity text. */
  get subject(): string | undefined {
    return this.#subject;
  }

  /** Groups of tuples held apart. Where no branch that was split off is out they are few, and an answer has one. */
  get instanceCount(): number {
    return this.#sealed.size + (this.#active.isEmpty ? 0 : 1);
  }

  /**
   * Packs a tuple. O(columns).
   *
   * @param into the bag, or the name of one that keeps all its tuples
   * @param tuple values by column: text of up to 512 characters, numbers, booleans; other values are left out
   * @returns whether there was room: at most 4,096 tuples are held
   * @throws PanoramaError PANO_OPTIONS_INVALID for a name that none can have, and for a tuple that is no object
   */
  pack<T extends Packable<T>>(into: Bag | string, tuple: T): boolean {
    const named = bagFor(into, tuple);
    this.#active = this.#active.thawed();
    const countMax = BAG_TUPLE_COUNT_MAX - this.#sealed.tupleCount;
    const room = this.#sealed.hasRoomFor(named, this.#active) && this.#active.pack(named, tuple, countMax);
    this.#truncated ||= !room;
    return room;
  }

  /**
   * The tuples of a bag, in causal order: one that was packed before another, as far as any branch could know, comes
   * before it. O(tuples).
   *
   * @param from the bag, or a name: then of every bag that has it, whatever it keeps
   */
  unpack(from: Bag | string): Tuple[] {
    return Contents.tuplesOf(from, [...this.#sealed.values().map(({ contents }) => contents), this.#active]);
  }

  /**
   * What goes with a request: a copy of all that is known here, for `enter` in whatever process is asked. It must not be
   * joined again; what comes back is the answer. O(instances).
   */
  request(): Baggage {
    this.#settle();
    const asked = Baggage.#at(this.#clock.withoutPart());
    asked.#sealed = this.#sealed.copied();
    asked.#truncated = this.truncated;
    return asked;
  }

  /** The baggage of whoever was asked: it sees what the request brought, and has a clock of its own. O(instances). */
  static enter(received: Baggage, frame?: Uint8Array): Baggage {
    received.#seal();
    const entered = new Baggage(frame);
    for (const instance of received.#sealed.values()) entered.#take(instance, 'inherited');
    entered.#inheritedTruncated = received.truncated;
    return entered;
  }

  /**
   * What goes back to whoever asked, to be joined there: all that was packed here and in the branches that came back here.
   * It is moved: a second answer holds only what was packed since the first. Where branches that were split off are still
   * out, copies of it may be anywhere, and it can never be united with others. O(tuples).
   */
  answer(): Baggage {
    const back = this.#leaving();
    this.#sealed.release(back.#sealed.values());
    return back;
  }

  /**
   * A request and its `enter` within the process, for work that forks; it comes home with `handBack`, any number of times.
   * Not to be mixed with `split`: a branch that is out may bring what was handed back. O(instances).
   */
  nested(): Baggage {
    this.#settle();
    const nested = new Baggage();
    nested.#sealed = this.#sealed.inherited();
    nested.#inheritedTruncated = this.truncated;
    return nested;
  }

  /** The answer of a nested branch, joined by hand where it was made: once, so nothing of it is remembered. O(tuples). */
  handBack(): Baggage {
    const back = this.#leaving();
    this.#sealed.drop(back.#sealed.values());
    return back;
  }

  /**
   * Splits off a branch of the same right, for this process or another. O(instances). One that is never joined takes with
   * it only what was packed on it.
   */
  split(): Baggage {
    this.#seal();
    const branch = Baggage.#at(this.#clock.fork() ?? (this.#renewed().fork() as BranchClock));
    this.#sealed.scatter();
    branch.#sealed = this.#sealed.copied();
    branch.#truncated = this.#truncated;
    branch.#inheritedTruncated = this.#inheritedTruncated;
    return branch;
  }

  /**
   * Takes in what another branch or an answer knows, and ends that. O(its instances). Joining the same answer a second time
   * does no harm: what is known already is not taken twice.
   */
  join(other: Baggage): void {
    if (other === this) return;
    const { isWhole: wasWhole } = this.#clock;
    const sameFrame = this.#clock.isOfFrame(other.#clock);
    const later = sameFrame ? other.#active : undefined;
    if (!sameFrame) other.#seal();
    // Ours come before theirs in what is unpacked; what they had not told apart yet stays so.
    if (!this.#sealed.includes(other.#sealed)) this.#seal();
    const { isWhole } = other.#clock;
    for (const instance of other.#sealed.values()) {
      this.#take(instance, sameFrame ? instance.origin : handedOver(instance.origin, isWhole));
    }
    if (later && !later.isEmpty) {
      this.#active = this.#active.thawed();
      if (!this.#active.absorb(later)) this.#lose();
    }
    this.#sealed.remember(other.#sealed);
    if (sameFrame) this.#clock.join(other.#clock);
    this.#truncated ||= other.#truncated;
    other.#active = Contents.empty();
    other.#sealed = new Instances();
    other.#clock = other.#clock.withoutPart();
    this.#unite(!wasWhole || this.#sealed.tupleCount + this.#active.tupleCount > BAG_TUPLE_COUNT_MAX);
  }

  /**
   * The bytes of this branch, as `docs/wire-format.md` has them. What is packed so far is sealed. O(tuples that have not
   * been encoded before).
   */
  serialize(options: SerializeOptions = {}): Uint8Array {
    this.#seal();
    const { bytes, reduced } = encodeBag(
      {
        frame: this.#clock.frame,
        stamp: this.#clock.stamp,
        instances: this.#sealed.values(),
        truncated: this.truncated,
        subject: options.subject,
      },
      options.byteCountMax,
    );
    if (reduced) this.#lose();
    return bytes;
  }

  /**
   * The branch that the bytes are, at most 8,192. O(instances): what was packed is read when somebody asks for it.
   *
   * @throws PanoramaError PANO_BAGGAGE_MALFORMED for anything else; nothing is taken from malformed bytes
   */
  static deserialize(bytes: Uint8Array): Baggage {
    const decoded: DecodedBag = decodeBag(bytes);
    const branch = Baggage.#at(BranchClock.carried(decoded.frame, decoded.stamp));
    branch.#truncated = decoded.truncated;
    branch.#subject = decoded.subject;
    for (const instance of decoded.instances) branch.#take(instance, instance.origin);
    return branch;
  }

  /** What is held here and was not inherited, as it is to whoever gets it. */
  #leaving(): Baggage {
    const { isWhole } = this.#clock;
    this.#unite(true);
    this.#seal();
    const back = Baggage.#at(this.#clock.withoutPart());
    back.#truncated = this.#truncated;
    for (const instance of this.#sealed.values()) {
      if (instance.origin !== 'inherited') back.#take(instance, handedOver(instance.origin, isWhole));
    }
    return back;
  }

  /** Makes what is known here fit to be seen by others. */
  #settle(): void {
    if (!this.#active.isEmpty) this.#unite(false);
    this.#seal();
  }

  /** Puts what is active under a key of its own. */
  #seal(): void {
    if (this.#active.isEmpty) return;
    const contents = this.#active.freeze();
    this.#active = Contents.empty();
    // An event is new; but somebody who was told the frame may have made keys up. No more often than keys are remembered.
    while (!this.#sealed.add(this.#keyed(contents)));
  }

  #keyed(contents: Contents): Instance {
    const event = this.#clock.tick() ?? (this.#renewed().tick() as Uint8Array);
    const { frame } = this.#clock;
    return { key: instanceKey(frame, event), frame, event, origin: 'own', partial: false, contents };
  }

  #take(instance: Instance, origin: Origin): void {
    if (!this.#sealed.take(instance, origin)) this.#lose();
  }

  #lose(): void {
    this.#truncated = true;
    this.#lossCount++;
  }

  /** With the whole clock in hand no branch that was split off is out: what only this frame holds becomes one. */
  #unite(all: boolean): void {
    if (!this.#clock.isWhole) return;
    const united = toUnite(this.#sealed.values(), this.#active.weight, all);
    const [first] = united;
    if (!first) return;
    // One alone is taken as it is, with the bytes that it may have been encoded into.
    this.#active = united.length === 1 && this.#active.isEmpty ? first.contents.freeze() : this.#together(united);
    this.#sealed.release(united, this.#active);
  }

  /** The contents of the instances and then what is active, in one. */
  #together(instances: readonly Instance[]): Contents {
    const together = Contents.empty();
    for (const piece of [...instances.map(({ contents }) => contents), this.#active]) {
      if (!together.absorb(piece)) this.#lose();
    }
    return together;
  }

  /** A clock that lost too many branches is put away for a new one; what was sealed under it keeps its keys for good. */
  #renewed(): BranchClock {
    this.#sealed.share();
    this.#clock = new BranchClock();
    return this.#clock;
  }
}
