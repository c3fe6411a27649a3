import { NullroomError } from "@nullroom/core/errors";
import type { SinkPlace } from "@nullroom/core/files/sink";
import { MemoryWriter } from "../memory-place.ts";
import { folderPlace, PickedWriter, UNKNOWN_CAPACITY } from "../picked-place.ts";
import { placeOf } from "../place-of.ts";
import { SharedVault } from "../sealed/shared-vault.ts";
import { VaultWriter } from "../sealed/vault-writer.ts";
import { isTicket } from "./tickets.ts";

/** Makes places of tickets, in the worker. */
export class TicketOffice {
  readonly #vault = new SharedVault();

  placeOf(ticket: unknown): SinkPlace {
    if (!isTicket(ticket)) throw new NullroomError("E_UNSUPPORTED", "this is no place");
    switch (ticket.kind) {
      case "memory": // The page has counted it.
        return placeOf("memory", UNKNOWN_CAPACITY, async (file) => new MemoryWriter(file));
      case "sealed":
        return placeOf("sealed", ticket.capacity, (file) => VaultWriter.open(this.#vault, file));
      case "file": {
        const { handle } = ticket;
        return placeOf("picked", UNKNOWN_CAPACITY, () => PickedWriter.open(handle));
      }
      case "folder":
        return folderPlace(ticket.handle);
      default:
        return ticket satisfies never;
    }
  }
}
