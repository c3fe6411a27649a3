import { randomBytes, randomUUID } from "node:crypto";
import { type DataChannel, PeerConnection } from "node-datachannel";
import { WebSocket } from "ws";
import {
  CHUNK,
  makeFragment,
  open,
  readFragment,
  seal,
  upgradeAsInitiator,
  upgradeAsResponder,
} from "./wire.ts";

export type Link = { server: string; roomId: string; fragment: string };
export type ReceivedFile = { name: string; size: number; type: string; content: Buffer };
/** How existing clients send the start and the end of a file: with its chunks, or on the chat channel. */
export type Convention = "web" | "terminal";

type Start = { transferId: string; name: string; size: number; totalChunks: number; mimeType: string };

/**
 * A classic client that shares no code with core: it uses node:crypto, noble's ML-KEM, ws and node-datachannel's own
 * interface. It is made for tests of the bytes and complains of whatever it did not expect.
 */
export class ClassicPeer implements Disposable {
  readonly link: Link;
  readonly texts: string[] = [];
  readonly controls: { type: string }[] = [];
  readonly files: ReceivedFile[] = [];
  /** What this side found wrong with what it received. */
  readonly complaints: string[] = [];
  initiator: boolean | undefined;
  /** The channels on which starts and ends of files came in. */
  readonly boundsHeardOn = new Set<string>();
  peerLeft = false;
  isRejected = false;
  #pc: PeerConnection | undefined;
  #socket: WebSocket;
  #chat: DataChannel | undefined;
  #files: DataChannel | undefined;
  #linkKey: Buffer;
  #key: Buffer | undefined;
  #upgrade: ((message: never) => Buffer | undefined) | undefined;
  #waitingCandidates: { candidate: string; sdpMid: string }[] = [];
  #incoming: { start: Start; chunks: Buffer[] } | undefined;

  private constructor(link: Link) {
    this.link = link;
    this.#linkKey = readFragment(link.fragment);
    const url = new URL("cable", link.server);
    url.protocol = "ws:";
    this.#socket = new WebSocket(url, ["actioncable-v1-json", "actioncable-unsupported"]);
    this.#socket.on("message", (text) => this.#guard(() => this.#hearFrame(JSON.parse(String(text)))));
    this.#socket.on("error", (error) => this.complaints.push(String(error)));
  }

  /** Make a room and wait in it. @param server - an address that ends in a slash */
  static async create(server: string): Promise<ClassicPeer> {
    const response = await fetch(new URL("rooms", server), {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
    });
    if (!response.ok) throw new Error(`POST /rooms: ${response.status}`);
    const { room_id: roomId, turn_servers } = await response.json();
    if (!Array.isArray(turn_servers)) throw new Error("no turn_servers");
    return new ClassicPeer({ server, roomId, fragment: makeFragment(randomBytes(32)) });
  }

  static async join(server: string, roomId: string, fragment: string): Promise<ClassicPeer> {
    const headers = { Accept: "application/json" };
    const response = await fetch(new URL(`rooms/${roomId}`, server), { headers });
    if (!response.ok) throw new Error(`GET /rooms/:id: ${response.status}`);
    return new ClassicPeer({ server, roomId, fragment });
  }

  get url(): string {
    return new URL(`rooms/${this.link.roomId}#${this.link.fragment}`, this.link.server).href;
  }

  get isSecure(): boolean {
    return this.#key !== undefined;
  }

  get isClosed(): boolean {
    return this.#chat !== undefined && !this.#chat.isOpen();
  }

  sendText(text: string): void {
    this.#open(this.#chat).sendMessage(seal(this.#secured(), Buffer.from(text)).toString("base64"));
  }

  sendFile(name: string, content: Uint8Array, convention: Convention, { lose = -1 } = {}): void {
    const files = this.#open(this.#files);
    const bounds = convention === "web" ? files : this.#open(this.#chat);
    const transferId = randomUUID();
    const { length: size } = content;
    const totalChunks = Math.ceil(size / CHUNK);
    const mimeType = "application/octet-stream";
    bounds.sendMessage(JSON.stringify({ type: "file-start", transferId, name, size, totalChunks, mimeType }));
    for (let i = 0; i < totalChunks; i++) {
      const chunk = content.subarray(i * CHUNK, (i + 1) * CHUNK);
      if (i !== lose) files.sendMessageBinary(seal(this.#secured(), chunk));
    }
    bounds.sendMessage(JSON.stringify({ type: "file-end", transferId }));
  }

  /** Send a text that no correct client would send. */
  sendRaw(text: string): void {
    this.#open(this.#chat).sendMessage(text);
  }

  leave(): void {
    this.#command({ command: "unsubscribe" });
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#socket.close();
    this.#pc?.close();
  }

  #hearFrame(frame: { type?: string; message?: { type: string; [key: string]: unknown } }): void {
    if (frame.type === "welcome") this.#command({ command: "subscribe" });
    if (frame.type === "reject_subscription") this.isRejected = true;
    const message = frame.type === undefined ? frame.message : undefined;
    if (message?.type === "init") this.initiator = message.initiator === true;
    if (message?.type === "peer_ready") this.#connect();
    if (message?.type === "peer_left") this.peerLeft = true;
    if (message?.type === "signal") this.#hearSignal(message.data as never);
  }

  #connect(): void {
    if (this.#pc) return;
    const pc = new PeerConnection("classic", { iceServers: [] });
    this.#pc = pc;
    pc.onLocalDescription((sdp, type) => this.#signal({ type, sdp: { type, sdp } }));
    pc.onLocalCandidate((line, sdpMid) => {
      const candidate = { candidate: line.replace("a=", ""), sdpMid, sdpMLineIndex: 0 };
      this.#signal({ type: "candidate", candidate });
    });
    pc.onDataChannel((channel) => this.#take(channel));
    if (!this.initiator) return;
    this.#take(pc.createDataChannel("nullroom"));
    this.#take(pc.createDataChannel("nullroom-files"));
  }

  #hearSignal(data: {
    type: string;
    sdp?: { sdp: string };
    candidate?: { candidate: string; sdpMid: string };
  }): void {
    this.#connect();
    if (data.sdp) {
      this.#pc?.setRemoteDescription(data.sdp.sdp, data.type === "offer" ? "offer" : "answer");
      for (const early of this.#waitingCandidates.splice(0)) this.#addCandidate(early);
    } else if (data.candidate?.candidate) {
      if (this.#pc?.remoteDescription()) this.#addCandidate(data.candidate);
      else this.#waitingCandidates.push(data.candidate);
    }
  }

  #addCandidate({ candidate, sdpMid }: { candidate: string; sdpMid: string }): void {
    // The answerer lets the offerer check first: libdatachannel refuses a certificate that is checked too early.
    const add = () => this.#pc?.state() !== "closed" && this.#pc?.addRemoteCandidate(candidate, sdpMid);
    setTimeout(() => this.#guard(add), this.initiator ? 0 : 200);
  }

  #take(channel: DataChannel): void {
    const label = channel.getLabel();
    if (label === "nullroom") this.#chat = channel;
    else if (label === "nullroom-files") this.#files = channel;
    else throw new Error(`a channel named ${label}`);
    channel.onMessage((data) => this.#guard(() => this.#received(label, data)));
    if (label === "nullroom") channel.onOpen(() => this.#beginUpgrade());
  }

  #beginUpgrade(): void {
    const say = (message: object) => this.#open(this.#chat).sendMessage(JSON.stringify(message));
    this.#upgrade ??= (this.initiator ? upgradeAsInitiator : upgradeAsResponder)(this.#linkKey, say);
  }

  #received(label: string, data: string | Buffer | ArrayBuffer): void {
    if (typeof data !== "string") this.#receivedChunk(label, new Uint8Array(data));
    else if (data.startsWith("{")) this.#receivedClear(label, JSON.parse(data));
    else this.#receivedText(label, data);
  }

  #receivedText(label: string, data: string): void {
    if (label !== "nullroom") throw new Error("a text among the files");
    const text = open(this.#secured(), Buffer.from(data, "base64")).toString();
    if (text.startsWith("\u0001")) this.controls.push(JSON.parse(text.slice(1)));
    else this.texts.push(text);
  }

  #receivedClear(label: string, message: { type: string } & Start): void {
    if (message.type.startsWith("pq-")) {
      this.#beginUpgrade(); // The first message may arrive before the event that says that the channel is open.
      this.#key = this.#upgrade?.(message as never) ?? this.#key;
      return;
    }
    this.boundsHeardOn.add(label);
    if (message.type === "file-start") this.#incoming = { start: message, chunks: [] };
    else if (message.type === "file-end") this.#receivedWhole(message.transferId);
    else throw new Error(`a message named ${message.type}`);
  }

  #receivedChunk(label: string, frame: Uint8Array): void {
    if (label !== "nullroom-files" || !this.#incoming) throw new Error("a chunk out of place");
    this.#incoming.chunks.push(open(this.#secured(), frame));
  }

  #receivedWhole(transferId: string): void {
    const { start, chunks } = this.#incoming ?? {};
    this.#incoming = undefined;
    if (!start || !chunks || start.transferId !== transferId) throw new Error("an end without a start");
    const content = Buffer.concat(chunks);
    if (chunks.length !== start.totalChunks || content.length !== start.size) throw new Error("not whole");
    if (chunks.slice(0, -1).some((chunk) => chunk.length !== CHUNK)) throw new Error("a short chunk");
    this.files.push({ name: start.name, size: start.size, type: start.mimeType, content });
  }

  #signal(data: object): void {
    this.#command({ command: "message", data: JSON.stringify({ action: "send_signal", data }) });
  }

  #command(fields: object): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const identifier = JSON.stringify({ channel: "RoomsChannel", room_id: this.link.roomId });
    this.#socket.send(JSON.stringify({ identifier, ...fields }));
  }

  #secured(): Buffer {
    if (!this.#key) throw new Error("nothing is secured yet");
    return this.#key;
  }

  #open(channel: DataChannel | undefined): DataChannel {
    if (!channel?.isOpen()) throw new Error("the channel is not open");
    return channel;
  }

  #guard(handle: () => unknown): void {
    try {
      handle();
    } catch (thrown) {
      this.complaints.push(String(thrown));
    }
  }
}
