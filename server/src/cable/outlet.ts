import type { FromServer } from "@nullroom/core/wire/room-messages";

/** The way from a channel to its client. The subscription is one: it adds the identifier that each frame carries. */
export interface Outlet {
  /** Confirm the subscription. */
  confirm(): void;
  /** Reject the subscription. Nothing else goes out on this outlet afterwards. */
  reject(): void;
  transmit(message: FromServer): void;
  /** @param messageJson - one channel message that is JSON already, so that a relayed signal is formatted once. */
  transmitJson(messageJson: string): void;
  /** @param reconnect - whether the client should come back. */
  disconnect(reason: string, reconnect: boolean): void;
  readonly address: string;
}
