// SPDX-License-Identifier: Apache-2.0
/**
 * Causal baggage: what is known along one path of a request. Think of a notebook that walks with the work. Where the
 * work forks, the notebook is copied and both copies are marked with what was already in them; where branches meet, two
 * notebooks become one and nothing that both had is written twice.
 *
 * An Interval Tree Clock tells which copy is whose. Each split halves the clock's interval, each join adds the parts up,
 * and when a branch holds the whole interval again nobody else has a copy: then everything is written together and takes
 * no more room than if there had been one branch all along.
 *
 * Sources: Fonseca and Mace, "Tracing Plane" and "Pivot Tracing" (SOSP 2015), the interface pack, unpack, serialize,
 * deserialize, split, join; Almeida, Baquero, Fonte, "Interval Tree Clocks" (OPODIS 2008).
 */
import { BAG_TUPLE_COUNT_MAX } from '../../model/limits.js';
import { encodeEvent, TREE_DEPTH_MAX } from '../itc/bits.js';
import { depthOfId, isWhole } from '../itc/id.js';
import { event, fork, peek, type Stamp, seed } from '../itc/stamp.js';
import { type DecodedBag, decodeBag, encodeBag, type SerializeOptions } from './bag-wire.js';
import { addedUp } from './clock-parts.js';
import { Contents } from './contents.js';
import { isFrame, newFrame } from './frame.js';
import { handedOver, type Instance, Instances, instanceKey, type Origin } from './instance.js';
import { type Bag, bagFor, type Packable, type Tuple } from './packing.js';

/**
 * The baggage of one branch of a request. Services do not need the class: `pack` and `unpack` of this package find the
 * baggage of the request at hand, and the propagator splits and joins it. A bound is never passed in silence: see
 * `truncated`.
 */
export class Baggage {
  #frame: Uint8Array;
  #stamp: Stamp;
  #active = Contents.empty();
  #sealed = new Instances();
  /** Tuples among those that were packed on this branch, or on one that was joined. */
  #sealedTupleCount = 0;
  /** The part of the sender's clock that came with a request and goes back with the answer. */
  #lease: { readonly frame: Uint8Array; readonly stamp: Stamp } | undefined;
  /** Whether its part of the clock came with bytes, which may be delivered twice. */
  #carried = false;
  #truncated = false;
  #lossCount = 0;
  #subject: string | undefined;

  /** New, empty baggage with a clock of its own. @param frame the clock's name, 1 to 16 bytes; default: a new one */
  constructor(frame: Uint8Array = newFrame()) {
    this.#frame = frame;
    this.#stamp = seed();
  }

  /** Whether nothing is packed and nothing was inherited. Empty baggage needs no header. */
  get isEmpty(): boolean {
    return this.#active.isEmpty && this.#sealed.size === 0 && !this.#truncated;
  }

  /** Whether joining it changes nothing: it has no tuple and no part of a clock, as an answer that only says who gave it. */
  get isMute(): boolean {
    return this.isEmpty && this.#stamp.id === 0;
  }

  /** Whether a bound made this or another process leave out tuples. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** How often a bound made this branch leave out what it was to take in or to send. */
  get lossCount(): number {
    return this.#lossCount;
  }

  /** Who answered, where this came back with a response: an identity text. */
  get subject(): string | undefined {
    return this.#subject;
  }

  /** Groups of tuples held apart: 1 when no other branch can hold a copy of any, 0 when there are none. */
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
    const full = this.#sealed.isFull || this.#sealedTupleCount >= BAG_TUPLE_COUNT_MAX;
    const room = !full && this.#active.pack(named, tuple);
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
    const [only] = this.#sealed.values();
    if (!only) return this.#active.tuplesOf(from);
    if (this.#sealed.size === 1 && this.#active.isEmpty) return only.contents.tuplesOf(from);
    return this.#together(this.#sealed.values()).tuplesOf(from);
  }

  /**
   * Forks: the returned branch knows what this one knows, and each goes its own way from here. O(instances). A branch
   * that is never joined takes with it only what was packed on it.
   */
  split(): Baggage {
    this.#seal();
    if (depthOfId(this.#stamp.id) >= TREE_DEPTH_MAX - 1) this.#renewFrame();
    const [ours, theirs] = fork(this.#stamp);
    const branch = new Baggage(this.#frame);
    this.#stamp = ours;
    branch.#stamp = theirs;
    branch.#sealed = this.#sealed.split();
    branch.#truncated = this.#truncated;
    return branch;
  }

  /**
   * Takes in what another branch knows, and ends that branch. O(its instances). Joining a branch of another request, or
   * the same answer a second time, does no harm: what is known already is not taken twice.
   */
  join(other: Baggage): void {
    if (other === this) return;
    const sameFrame = isFrame(other.#frame, this.#frame);
    const later = sameFrame ? other.#active : undefined;
    if (!sameFrame) other.#seal();
    // Ours come before theirs in what is unpacked; what they had not told apart yet stays so.
    if (!this.#sealed.includes(other.#sealed)) this.#seal();
    const whole = isWhole(other.#stamp.id);
    for (const instance of other.#sealed.values()) {
      this.#take(instance, sameFrame ? instance.origin : handedOver(instance.origin, whole));
    }
    if (later && !later.isEmpty) {
      this.#active = this.#active.thawed();
      if (!this.#active.absorb(later)) this.#lose();
    }
    this.#sealed.remember(other.#sealed);
    this.#sealedTupleCount += other.#sealedTupleCount;
    if (sameFrame) this.#stamp = addedUp(this.#stamp, other.#stamp, other.#carried);
    this.#truncated ||= other.#truncated;
    other.#end();
    this.#unite();
  }

  /**
   * The bytes of this branch, as `docs/wire-format.md` has them. What is packed so far is sealed. O(tuples that have not
   * been encoded before).
   */
  serialize(options: SerializeOptions = {}): Uint8Array {
    this.#seal();
    const { bytes, reduced } = encodeBag(
      {
        frame: this.#frame,
        stamp: this.#stamp,
        instances: [...this.#sealed.values()],
        truncated: this.#truncated,
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
    const branch = new Baggage(decoded.frame);
    branch.#stamp = decoded.stamp ?? peek(seed());
    branch.#carried = true;
    branch.#truncated = decoded.truncated;
    branch.#subject = decoded.subject;
    for (const instance of decoded.instances) branch.#take(instance, instance.origin);
    return branch;
  }

  /**
   * A process's own baggage for a request that came with some: it sees what the request brought, has a clock of its own,
   * and keeps the sender's part of the clock to give back with `answer`. O(instances).
   */
  static enter(received: Baggage, frame: Uint8Array = newFrame()): Baggage {
    received.#seal();
    const entered = new Baggage(frame);
    for (const instance of received.#sealed.values()) entered.#take(instance, 'inherited');
    entered.#lease = { frame: received.#frame, stamp: received.#stamp };
    entered.#truncated = received.#truncated;
    return entered;
  }

  /**
   * What goes back to the sender: all that was packed here and in the branches that came back here, without what the
   * request had brought. It is moved: a second answer holds only what was packed since the first. Where branches are
   * still out, copies of it may be anywhere; then the sender's part of the clock stays away, as a lost branch's does.
   * O(instances).
   */
  answer(): Baggage {
    const whole = isWhole(this.#stamp.id);
    this.#seal();
    const back = new Baggage(this.#lease?.frame ?? this.#frame);
    back.#stamp = whole && this.#lease ? this.#lease.stamp : peek(seed());
    back.#carried = true;
    back.#truncated = this.#truncated;
    const moved = this.#sealed.values().filter(({ origin }) => origin !== 'inherited');
    for (const instance of moved) back.#take(instance, handedOver(instance.origin, whole));
    this.#sealed.release(moved);
    this.#sealedTupleCount = 0;
    this.#lease = undefined;
    return back;
  }

  /** Puts what was packed since the last split under a key of its own. */
  #seal(): void {
    if (this.#active.isEmpty) return;
    const sealed = this.#tick();
    const key = instanceKey(this.#frame, sealed);
    const contents = this.#active.freeze();
    this.#sealedTupleCount += contents.tupleCount;
    this.#active = Contents.empty();
    this.#take({ key, frame: this.#frame, event: sealed, origin: 'own', partial: false, contents }, 'own');
  }

  /** An event on the clock. @returns the event tree, which nobody has seen before, in bytes */
  #tick(): Uint8Array {
    try {
      this.#stamp = event(this.#stamp);
      return encodeEvent(this.#stamp.event);
    } catch {
      // A branch without a part of the clock, or a clock grown too large to travel: hundreds of branches that all sealed.
      this.#stamp = event(this.#renewFrame());
      return encodeEvent(this.#stamp.event);
    }
  }

  #take(instance: Instance, origin: Origin): void {
    if (!this.#sealed.take(instance, origin)) this.#lose();
  }

  #lose(): void {
    this.#truncated = true;
    this.#lossCount++;
  }

  /** With the whole clock in hand no branch is out: all that only this frame holds becomes one. */
  #unite(): void {
    if (!isWhole(this.#stamp.id)) return;
    const held = this.#sealed.values();
    // Nothing is moved past what must stay: the order is causal.
    const after = held.findLastIndex(({ origin, contents }) => origin === 'shared' || !contents.isUnderstood) + 1;
    const united = held.slice(after).filter(({ origin }) => origin === 'own' || origin === 'given');
    const [first] = united;
    if (!first) return;
    this.#sealed.release(united);
    this.#sealedTupleCount = 0;
    // One alone is taken as it is, with the bytes that it may have been encoded into.
    this.#active = united.length === 1 && this.#active.isEmpty ? first.contents.freeze() : this.#together(united);
  }

  /** The contents of the instances and then what is active, in one. */
  #together(instances: readonly Instance[]): Contents {
    const together = Contents.empty();
    for (const contents of [...instances.map((each) => each.contents), this.#active]) {
      if (!together.absorb(contents)) this.#lose();
    }
    return together;
  }

  /** A clock that lost too many branches is put away for a new one; what was sealed under it keeps its keys for good. */
  #renewFrame(): Stamp {
    this.#sealed.share();
    this.#frame = newFrame();
    this.#stamp = seed();
    this.#lease = undefined;
    return this.#stamp;
  }

  #end(): void {
    this.#active = Contents.empty();
    this.#sealed = new Instances();
    this.#sealedTupleCount = 0;
    this.#stamp = peek(this.#stamp);
    this.#lease = undefined;
  }
}
