import type { IceServer } from "@nullroom/core/wire/room-messages";

/** Where a room's ICE servers come from. The operator configures one provider, and no other code knows which. */
export interface IceProvider {
  /** Whether any of its servers can relay, for `/features`: pages tell people before they need it. */
  readonly relays: boolean;
  /**
   * The servers for one conversation.
   *
   * @param lifetimeMs - how long their credentials have to work, at least.
   * @throws NullroomError "E_SERVER" where the service that makes the credentials cannot be reached.
   */
  iceServers(lifetimeMs: number): Promise<IceServer[]>;
}

/** How much longer credentials live than the room, so that an ICE restart at its very end still finds a relay. */
export const CREDENTIAL_MARGIN_MS = 5 * 60_000;

/**
 * `provider`, but with no servers in place of a failure, because rooms work without a relay too. `failed` is called for
 * each failure, so that an operator can see it in a counter.
 */
export function withoutRelayOnFailure(provider: IceProvider, failed: () => void): IceProvider {
  return {
    relays: provider.relays,
    async iceServers(lifetimeMs) {
      try {
        return await provider.iceServers(lifetimeMs);
      } catch {
        failed(); // Because the cause may name a host or a key, only the count is kept.
        return [];
      }
    },
  };
}
