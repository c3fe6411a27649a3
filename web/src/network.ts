/** The part of the Network Information API that is used here. Few browsers have it, and TypeScript does not know it. */
type NetworkInformation = EventTarget & { readonly type?: string };

/** Call `onChange` when the device is online again, or has gone from one kind of network to another. */
export function watchNetwork(onChange: () => void, signal: AbortSignal): void {
  addEventListener("online", onChange, { signal });
  const network = "connection" in navigator ? (navigator.connection as NetworkInformation) : undefined;
  let kind = network?.type;
  const compareKind = () => {
    // The event also comes with each new estimate of the speed, which makes no difference to a connection.
    if (network?.type === kind) return;
    kind = network?.type;
    onChange();
  };
  network?.addEventListener("change", compareKind, { signal });
}
