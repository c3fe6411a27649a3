import type { IceServer } from "@nullroom/core/wire/room-messages";

/** Where a room's ICE servers come from. One is configured; which one is nobody's business but the operator's. */
export interface IceProvider {
  /** Whether anything it hands out can relay, for `/features`: pages say so before anybody needs it. */
  readonly relays: boolean;
  /**
   * Servers for one conversation.
   *
   * @param lifetimeMs - how long their credentials have to work, at least.
   * @throws NullroomError "E_SERVER" when whoever makes the credentials cannot be reached.
   */
  iceServers(lifetimeMs: number): Promise<IceServer[]>;
}

/** Credentials outlive the room by this much, so that an ICE restart at its very end still finds a relay. */
export const CREDENTIAL_MARGIN_MS = 5 * 60_000;

/**
 * A relay is a help and not a condition: where `provider` fails, rooms work without one and `failed` is told,
 * so that an operator can see it in a counter.
 */
export function withoutRelayOnFailure(provider: IceProvider, failed: () => void): IceProvider {
  return {
    relays: provider.relays,
    async iceServers(lifetimeMs) {
      try {
        return await provider.iceServers(lifetimeMs);
      } catch {
        failed(); // The cause may name a host or a key, so only the count leaves this place.
        return [];
      }
    },
  };
}
