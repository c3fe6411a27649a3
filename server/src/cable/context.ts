import type { Counters } from "../counters.ts";
import type { Limiter } from "../limits/limiter.ts";
import type { RoomRules, RoomStore } from "../rooms/store.ts";
import type { IceProvider } from "../turn/provider.ts";
import type { SignalBudgets } from "./signal-budget.ts";
import type { Switchboard } from "./switchboard.ts";

/** What all sockets of this node share. */
export type CableContext = {
  store: RoomStore;
  switchboard: Switchboard;
  budgets: SignalBudgets;
  ice: IceProvider;
  limiter: Limiter;
  rules: RoomRules;
  classic: boolean;
  fileSizeLimit: number;
  counters: Counters;
  /** Present with NULLROOM_LOG=debug only: prints what kind of thing happened, never to whom. */
  logShape: ((what: string) => void) | undefined;
  /** Monotonic milliseconds. */
  now: () => number;
};
