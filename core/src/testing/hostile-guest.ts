import type { ChosenDestination } from "../files/sink.ts";
import type { CtlFrame } from "../wire/frames.ts";
import type { HostilePeer } from "./hostile-peer.ts";
import { plainDestination } from "./plain-destination.ts";
import type { TwoPeople } from "./two-people.ts";

/** What the tests of a hostile guest share: steps in which the honest maker takes part. */

/** Everything that the guest has said so far has been taken in, and the maker's session is none the worse. */
export async function goesOn({ maker, guest }: TwoPeople<HostilePeer>): Promise<void> {
  const before = guest.said("pong").length;
  await guest.say({ type: "ping", token: new Uint8Array(8) });
  const isOver = () => maker.state.phase === "ended";
  await maker.until("an answer", () => isOver() || guest.said("pong").length > before);
  if (isOver()) throw new Error(`the session has ended: ${maker.failure}`);
}

/** The guest's next file, offered and accepted. @returns the maker's ACCEPT */
export async function accepted(
  { maker, guest }: TwoPeople<HostilePeer>,
  offer: { fileId: number; size: number; name?: string },
  destination: ChosenDestination = plainDestination(),
): Promise<Extract<CtlFrame, { type: "accept" | "credit" }>> {
  const { fileId } = offer;
  await guest.say({ type: "file_offer", name: "a", mime: "text/plain", ...offer });
  await maker.becomes(`in-${fileId}`, "offered");
  maker.session.files.accept(`in-${fileId}`, destination);
  return maker.until("the answer", () => guest.said("accept").find((each) => each.fileId === fileId));
}
