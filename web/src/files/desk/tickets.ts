/** A place as the page says it to the worker of its files, which opens the same place there. */
export type Ticket =
  | { readonly kind: "memory" }
  | { readonly kind: "sealed"; readonly capacity: number }
  | { readonly kind: "file"; readonly handle: FileSystemFileHandle }
  | { readonly kind: "folder"; readonly handle: FileSystemDirectoryHandle };

export function isTicket(value: unknown): value is Ticket {
  return typeof value === "object" && value !== null && "kind" in value;
}
