import type { Role } from "./blob.ts";
import type { Place } from "./place.ts";

/** One blob as its sender gave it to the cable, before anybody touched it. */
export type RecordedSignal = {
  readonly room: string;
  readonly from: Role;
  readonly place: Place;
  readonly blob: Uint8Array;
};

/** A frame of the cable or an HTTP message with its body, as text, and which way it went. */
export type RecordedText = { readonly way: "to-server" | "to-client"; readonly text: string };

/** All that a relay ever sees of its rooms: what a replay draws from, and what forward secrecy is judged by. */
export class Recording {
  readonly signals: RecordedSignal[] = [];
  readonly texts: RecordedText[] = [];

  /** The first blob that stood at this place. */
  at(place: Place): RecordedSignal | undefined {
    return this.signals.find((signal) => signal.place === place);
  }

  /** What one side has sent from a place on; phase-1 blobs are the only ones that can hold an address. */
  phase1From(role: Role): readonly RecordedSignal[] {
    return this.signals.filter(({ from, blob }) => from === role && blob[1] === 1);
  }

  /** Whether a text has been seen anywhere, in whichever direction. */
  saw(text: string): boolean {
    return this.texts.some((recorded) => recorded.text.includes(text));
  }
}
