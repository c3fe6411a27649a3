import type { Platform } from "../platform.ts";
import type { Session, SessionState } from "../session/session.ts";
import type { OpenTransport } from "../session/v2/connect/transport.ts";
import { createRoom2, joinRoom2 } from "../session/v2/create-join.ts";
import type { RekeyLimits } from "../session/v2/records/rekey-limits.ts";
import { FakeRooms } from "./fake-rooms.ts";
import { HostilePeer } from "./hostile-peer.ts";
import { Person } from "./person.ts";

/** What may be different about a side. Whatever is left out is as in a browser of today, and as the spec says. */
export type SideOptions = {
  rekey?: RekeyLimits;
  hideAddress?: boolean;
  openTransport?: OpenTransport;
  /** What its runtime can do, or does in another way than that of `FakeRooms`. */
  platform?: Partial<Platform>;
  /** What a hostile guest's HELLO says that it can do. */
  features?: number;
};

/** What is given for both, and for the maker or the guest alone, which then counts for that one. */
export type PeopleOptions = SideOptions & {
  /** The server and the network between the two, where the test has prepared them. */
  rooms?: FakeRooms;
  maker?: SideOptions;
  guest?: SideOptions;
  /** Their pages show each text as soon as it comes. */
  showsTexts?: boolean;
  /** How long each of them is waited for, where not as long as `until` waits. */
  patienceMs?: number;
  /** How a room is made and joined, where not by protocol 2's own functions. */
  enter?: { create: typeof createRoom2; join: typeof joinRoom2 };
};

/**
 * Two people in a protocol 2 room: the maker, who made it, and the guest, who joined it, over a server and a network in
 * memory. Their sessions are the product's own. Disposing it ends the session of everybody who was there.
 */
export class TwoPeople<Guest extends Person | HostilePeer = Person> implements Disposable {
  readonly rooms: FakeRooms;
  readonly #options: PeopleOptions;
  readonly #present: Disposable[] = [];
  readonly #lifetime = new AbortController();
  #maker: Person | undefined;
  #guest: Guest | undefined;

  /** The maker has made a room, in which nobody else is yet. */
  static async create(options: PeopleOptions = {}): Promise<TwoPeople> {
    const people = new TwoPeople(options);
    await people.#make();
    return people;
  }

  /** Both are there and secure. */
  static connect(options: PeopleOptions = {}): Promise<TwoPeople> {
    const people = new TwoPeople(options);
    return people.#disposedUnless(async () => {
      await people.#make();
      await people.join();
      await people.reach("secure");
    });
  }

  /** Both are there and secure, and the guest says whatever the test wants. */
  static connectHostile(options: PeopleOptions = {}): Promise<TwoPeople<HostilePeer>> {
    const people = new TwoPeople<HostilePeer>(options);
    return people.#disposedUnless(async () => {
      const { session } = await people.#make();
      const { features, platform } = people.#side("guest");
      const { roomId, fragment = "" } = session;
      people.#guest = await HostilePeer.join(platform(), roomId, fragment, { features });
      people.#present.push(people.#guest);
      await people.maker.reaches("secure");
    });
  }

  private constructor(options: PeopleOptions) {
    this.#options = options;
    this.rooms = options.rooms ?? new FakeRooms();
  }

  get maker(): Person {
    return present(this.#maker);
  }

  /** Who joined last. */
  get guest(): Guest {
    return present(this.#guest);
  }

  get network(): FakeRooms["network"] {
    return this.rooms.network;
  }

  /**
   * Somebody joins the room, and is the guest from here on.
   * @param as.from - whose link it is; @param as.fragment - what it says behind its #, where not the truth
   */
  async join(this: TwoPeople, as: { from?: Person; fragment?: string } = {}): Promise<Person> {
    const { session } = as.from ?? this.maker;
    const { join } = this.#options.enter ?? { join: joinRoom2 };
    const { platform, ...begin } = this.#side("guest");
    const clock = { aheadMs: 0 };
    const fragment = as.fragment ?? session.fragment ?? "";
    const link = { roomId: session.roomId, fragment };
    this.#guest = this.watch(await join({ ...begin, ...link, platform: platform(clock) }), clock);
    return this.#guest;
  }

  /** Somebody whose session the test has made by itself: it ends with those of the two. */
  watch(session: Session, clock = { aheadMs: 0 }): Person {
    const person = new Person(session, { ...this.#options, clock });
    this.#present.push(person);
    return person;
  }

  async reach(this: TwoPeople, phase: SessionState["phase"]): Promise<void> {
    for (const each of [this.maker, this.guest]) await each.reaches(phase);
  }

  /** Every PeerConnection that is there fails, at both ends, and the network is back as another one. */
  breakConnections(): void {
    this.network.cut();
    for (const connection of this.network.connections) connection.change("failed");
    this.network.mend("in another network");
  }

  /** Both lose their sockets to the server, which come back by themselves unless it is away. */
  dropSockets(): void {
    for (const socket of this.rooms.seats) socket?.drop();
  }

  [Symbol.dispose](): void {
    for (const each of this.#present) each[Symbol.dispose]();
    this.#lifetime.abort();
  }

  async #make(): Promise<Person> {
    const { create } = this.#options.enter ?? { create: createRoom2 };
    const { platform, ...begin } = this.#side("maker");
    const clock = { aheadMs: 0 };
    this.#maker = this.watch(await create({ ...begin, platform: platform(clock) }), clock);
    return this.#maker;
  }

  #side(side: "maker" | "guest") {
    const [both, own] = [this.#options, this.#options[side] ?? {}];
    return {
      signal: this.#lifetime.signal,
      hideAddress: own.hideAddress ?? both.hideAddress ?? false,
      rekey: own.rekey ?? both.rekey,
      openTransport: own.openTransport ?? both.openTransport,
      features: own.features ?? both.features,
      platform: (clock?: { aheadMs: number }): Platform => ({
        ...this.rooms.platform(clock),
        ...both.platform,
        ...own.platform,
      }),
    };
  }

  /** What began before it went wrong is ended: who never gets a harness disposes none. */
  async #disposedUnless(begun: () => Promise<void>): Promise<this> {
    try {
      await begun();
      return this;
    } catch (thrown) {
      this[Symbol.dispose]();
      throw thrown;
    }
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("nobody is there yet");
  return value;
}
