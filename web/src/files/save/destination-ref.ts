import type { ChosenDestination } from "@nullroom/core/files/sink";

/** A place as the page says it to the worker of its files, which opens the same place there. */
export type DestinationRef =
  | { readonly kind: "memory" | "sealed" }
  | { readonly kind: "file"; readonly handle: FileSystemFileHandle }
  | { readonly kind: "folder"; readonly handle: FileSystemDirectoryHandle };

/** A place of which the page itself holds nothing. */
export function destinationBy(ticket: DestinationRef): ChosenDestination {
  return { pass: () => ticket };
}

export function isDestinationRef(value: unknown): value is DestinationRef {
  return typeof value === "object" && value !== null && "kind" in value;
}
