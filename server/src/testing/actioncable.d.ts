/** Types for the parts of the official client that the conformance suite uses, since the package has none. */
declare module "@rails/actioncable" {
  export type Mixin = {
    initialized?(): void;
    connected?(event: { reconnected: boolean }): void;
    disconnected?(event: { willAttemptReconnect: boolean }): void;
    rejected?(): void;
    received?(message: unknown): void;
  };
  export type Subscription = {
    perform(action: string, fields?: object): boolean;
    unsubscribe(): Subscription;
  };
  export type Consumer = {
    subscriptions: { create(params: object, mixin: Mixin): Subscription };
    disconnect(): void;
  };
  const actionCable: {
    adapters: { WebSocket: unknown; logger: unknown };
    createConsumer(url: string): Consumer;
  };
  // biome-ignore lint/style/noDefaultExport: a CommonJS module has no other.
  export default actionCable;
}
