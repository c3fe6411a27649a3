import type { ChosenDestination } from "@nullroom/core/files/sink";

/** A destination as the page names it to its file worker, which opens the same destination there. */
export type DestinationRef =
  | { readonly kind: "memory" | "sealed" }
  | { readonly kind: "file"; readonly handle: FileSystemFileHandle }
  | { readonly kind: "folder"; readonly handle: FileSystemDirectoryHandle };

/** A destination for which the page itself reserves nothing. */
export function destinationBy(ref: DestinationRef): ChosenDestination {
  return { pass: () => ref };
}

export function isDestinationRef(value: unknown): value is DestinationRef {
  return typeof value === "object" && value !== null && "kind" in value;
}
