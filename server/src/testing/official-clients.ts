import { type Message as AnyMessage, Channel, createCable } from "@anycable/core";
import type { RoomId } from "@nullroom/core/brand";
import actionCable from "@rails/actioncable";
import { WebSocket } from "ws";

/** One interface for two clients that others wrote, so that one suite can run over both. */
export interface ForeignClient {
  /** What became of the subscription, in order: `connected`, `rejected`, `disconnected`. */
  readonly states: readonly string[];
  /**
   * The types of `messages`. They are kept apart from `states`, since one client reports a confirmation a moment late.
   */
  readonly heard: readonly string[];
  readonly messages: readonly { [key: string]: unknown }[];
  perform(action: string, fields?: object): void;
  unsubscribe(): void;
  /** Cut the TCP connection under it, as a dead network does. */
  drop(): void;
  /** Make the client notice now that it should come back. */
  wake(): void;
  quit(): void;
}

export type Connect = (url: string, roomId: RoomId) => ForeignClient;

export const clients: readonly [string, Connect][] = [
  ["@rails/actioncable", railsClient],
  ["@anycable/core", anyCableClient],
];

function railsClient(url: string, roomId: RoomId): ForeignClient {
  const page = installPage();
  const sockets: WebSocket[] = [];
  actionCable.adapters.WebSocket = trackedSocket(sockets);
  const record = newRecord();
  const consumer = actionCable.createConsumer(`${url.replace(/^http/, "ws")}/cable`);
  const subscription = consumer.subscriptions.create(
    { channel: "RoomsChannel", room_id: roomId },
    {
      connected: () => record.states.push("connected"),
      disconnected: () => record.states.push("disconnected"),
      rejected: () => record.states.push("rejected"),
      received: (message) => record.hearMessage(message),
    },
  );
  return {
    ...record,
    perform: (action, fields) => subscription.perform(action, fields),
    unsubscribe: () => subscription.unsubscribe(),
    drop: () => sockets.at(-1)?.terminate(),
    wake: () => page.becomeVisible(),
    quit: () => consumer.disconnect(),
  };
}

class RoomsChannel extends Channel<{ room_id: string }> {
  static override identifier = "RoomsChannel";
}

function anyCableClient(url: string, roomId: RoomId): ForeignClient {
  const sockets: WebSocket[] = [];
  const record = newRecord();
  const cable = createCable(`${url.replace(/^http/, "ws")}/cable`, {
    websocketImplementation: trackedSocket(sockets),
    reconnectStrategy: () => 50,
    pingInterval: 3000,
  });
  const channel = new RoomsChannel({ room_id: roomId });
  channel.on("connect", () => record.states.push("connected"));
  channel.on("disconnect", () => record.states.push("disconnected"));
  channel.on("close", (event) => {
    record.states.push(event?.name === "SubscriptionRejectedError" ? "rejected" : "closed");
  });
  channel.on("message", (message: AnyMessage) => record.hearMessage(message));
  cable.subscribe(channel);
  return {
    ...record,
    perform: (action, fields) => void channel.perform(action, fields),
    unsubscribe: () => channel.disconnect(),
    drop: () => sockets.at(-1)?.terminate(),
    wake: () => undefined, // This client comes back by itself after 50 ms.
    quit: () => cable.disconnect(),
  };
}

function newRecord() {
  const states: string[] = [];
  const heard: string[] = [];
  const messages: { [key: string]: unknown }[] = [];
  const hearMessage = (message: unknown) => {
    const fields = message as { [key: string]: unknown };
    messages.push(fields);
    heard.push(String(fields.type));
  };
  return { states, heard, messages, hearMessage };
}

function trackedSocket(sockets: WebSocket[]) {
  return class extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  };
}

/** The official client expects the globals of a page. */
function installPage(): { becomeVisible(): void } {
  const listeners = new Set<() => void>();
  Object.assign(globalThis, {
    document: { visibilityState: "visible" },
    addEventListener: (_type: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_type: string, listener: () => void) => listeners.delete(listener),
  });
  return {
    becomeVisible: () => {
      for (const listener of listeners) listener();
    },
  };
}
