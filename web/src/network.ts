/** What of the Network Information API counts here; few browsers have it, and TypeScript's own types leave it out. */
type NetworkInformation = EventTarget & { readonly type?: string };

/** Call `onChange` when the device is online again, or has gone from one kind of network to another. */
export function watchNetwork(onChange: () => void, signal: AbortSignal): void {
  addEventListener("online", onChange, { signal });
  const network = "connection" in navigator ? (navigator.connection as NetworkInformation) : undefined;
  let kind = network?.type;
  const look = () => {
    // It also tells of every new guess at the speed, which changes nothing.
    if (network?.type === kind) return;
    kind = network?.type;
    onChange();
  };
  network?.addEventListener("change", look, { signal });
}
