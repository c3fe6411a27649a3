import type { TakenPlace } from "@nullroom/core/files/sink";

/** A place as the page says it to the worker of its files, which opens the same place there. */
export type Ticket =
  | { readonly kind: "memory" | "sealed" }
  | { readonly kind: "file"; readonly handle: FileSystemFileHandle }
  | { readonly kind: "folder"; readonly handle: FileSystemDirectoryHandle };

/** A place of which the page itself holds nothing. */
export function placeBy(ticket: Ticket): TakenPlace {
  return { pass: () => ticket };
}

export function isTicket(value: unknown): value is Ticket {
  return typeof value === "object" && value !== null && "kind" in value;
}
