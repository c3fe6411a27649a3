import type { Role } from "./blob.ts";
import type { Stage } from "./stage.ts";

/** A blob as its sender gave it to the cable, before the adversary changed anything. */
export type RecordedSignal = {
  readonly room: string;
  readonly from: Role;
  readonly stage: Stage;
  readonly blob: Uint8Array;
};

/** A frame of the cable or an HTTP message with its body, as text, and which way it went. */
export type RecordedText = { readonly way: "to-server" | "to-client"; readonly text: string };

/** All that a relay ever sees of its rooms: replays take their blobs from it, and forward secrecy is judged by it. */
export class Recording {
  readonly signals: RecordedSignal[] = [];
  readonly texts: RecordedText[] = [];

  /** The first recorded blob of this stage. */
  firstOf(stage: Stage): RecordedSignal | undefined {
    return this.signals.find((signal) => signal.stage === stage);
  }

  /** The phase-1 blobs that one side has sent: they are the only ones that can hold an address. */
  phase1From(role: Role): readonly RecordedSignal[] {
    return this.signals.filter(({ from, blob }) => from === role && blob[1] === 1);
  }

  /** Whether a text has been seen anywhere, in whichever direction. */
  saw(text: string): boolean {
    return this.texts.some((recorded) => recorded.text.includes(text));
  }
}
