import type { Bytes, RoomId } from "../brand.ts";
import { deriveAdmission } from "../crypto/admission.ts";
import { loadKem } from "../crypto/kem-load.ts";
import { NullroomError } from "../errors.ts";
import type { Platform } from "../platform.ts";
import { InviteSecret } from "../session/v2/introduce/invite-secret.ts";
import { Rendezvous, type RendezvousEvent } from "../session/v2/introduce/rendezvous.ts";
import type { SecureChannels } from "../session/v2/records/secure-channels.ts";
import { parseFileFrame } from "../wire/file-frame-readers.ts";
import { formatFileFrame } from "../wire/file-frames.ts";
import type { BulkFrame, CtlFrame, Frame, FrameBytes, HeardFrame, TalkFrame } from "../wire/frames.ts";
import { parseFragment2 } from "../wire/invite.ts";
import { FrameEngine } from "./frame-engine.ts";

const TTL_SECONDS = 900;

/** The frames that may have this type: some types share their fields. */
type FrameOf<Type extends Frame["type"], Each = Frame> = Each extends Frame
  ? Type extends Each["type"]
    ? Each & { type: Type }
    : never
  : never;

/**
 * Somebody who was given the link and means no good: comes in as anybody does, holds all the keys, and then says
 * whatever the test wants, in whatever order, on either channel. What the other side says is kept, and a PING answered.
 */
export class HostilePeer implements Disposable {
  readonly heard: Frame[] = [];
  readonly #engine = new FrameEngine((frame) => void this.heard.push(frame));
  readonly #rendezvous: Rendezvous;
  #channels: SecureChannels | undefined;
  #secure: (channels: SecureChannels) => void = () => undefined;
  #refuse: (error: NullroomError) => void = () => undefined;

  /**
   * Resolves when both HELLOs are out.
   * @param says.features - what its HELLO says that it can do, where that is not what its platform can
   * @throws what ended it before that
   */
  static async join(
    platform: Platform,
    roomId: RoomId,
    fragment: string,
    says: { features?: number | undefined } = {},
  ): Promise<HostilePeer> {
    const secret = parseFragment2(fragment);
    const { admit } = await deriveAdmission(secret);
    const peer = new HostilePeer(platform, { roomId, secret, admit, ...says });
    await new Promise<SecureChannels>((resolve, reject) => {
      peer.#secure = resolve;
      peer.#refuse = reject;
    });
    return peer;
  }

  private constructor(
    platform: Platform,
    room: { roomId: RoomId; secret: Bytes; admit: Bytes; features?: number | undefined },
  ) {
    this.#rendezvous = new Rendezvous({
      platform,
      engine: this.#engine,
      load: () => import("../session/v2/once-met.ts"),
      roomId: room.roomId,
      admit: room.admit,
      seat: 1,
      secret: new InviteSecret(room.secret),
      kem: loadKem(),
      features: room.features,
      hideAddress: false,
      ttlSeconds: () => TTL_SECONDS,
      onEvent: (event) => this.#hear(event),
    });
  }

  /** On ctl, as a frame or as bare bytes. Resolves when it has been handed over. @throws "E_CHANNEL" */
  async say(...frames: readonly (CtlFrame | FrameBytes)[]): Promise<void> {
    for (const frame of frames) await this.#channels?.send(recordOf(frame));
  }

  /** On bulk, whatever the credit. @throws "E_CHANNEL" */
  async move(...frames: readonly BulkFrame[]): Promise<void> {
    for (const frame of frames) await this.#engine.send(frame);
  }

  /** What the other side has said of that kind. */
  said<Type extends Frame["type"]>(type: Type): FrameOf<Type>[] {
    return this.heard.filter((frame): frame is FrameOf<Type> => frame.type === type);
  }

  [Symbol.dispose](): void {
    void this.#rendezvous.leave(undefined, false);
  }

  #hear(event: RendezvousEvent): void {
    if (event.type === "secured") {
      const { channels } = event.secured;
      channels.listen({ onFrame: (frame) => this.#hearFrame(frame), onMarker: () => undefined });
      this.#channels = channels;
      this.#secure(channels);
    } else if (event.type === "ended" || event.type === "attempt-failed") {
      this.#refuse(new NullroomError("E_CHANNEL", `not let in: ${JSON.stringify(event)}`));
    }
  }

  #hearFrame(heard: HeardFrame): void {
    const frame = heard.type === "file" ? parseFileFrame(heard.record) : heard;
    this.heard.push(frame);
    if (frame.type === "ping") void this.say({ type: "pong", token: frame.token.slice() });
  }
}

/** A conversation writes only its own; here anything is said. */
function recordOf(frame: CtlFrame | FrameBytes): TalkFrame | FrameBytes {
  return "fileId" in frame || "bytes" in frame ? formatFileFrame(frame) : frame;
}
