import { createHash, createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { isIPv6, connect as netConnect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";

const MAGIC = 0x2112a442;
const METHOD = { allocate: 0x003, createPermission: 0x008 };
const ATTRIBUTE = {
  username: 0x06,
  integrity: 0x08,
  errorCode: 0x09,
  peer: 0x12,
  realm: 0x14,
  nonce: 0x15,
  family: 0x17,
  transport: 0x19,
};
const UDP = Buffer.from([17, 0, 0, 0]);
const FAMILY = { 4: Buffer.from([1, 0, 0, 0]), 6: Buffer.from([2, 0, 0, 0]) };

export type Credentials = { username: string; credential: string };
type Attributes = Map<number, Buffer>;

/**
 * As much of a TURN client (RFC 8656, over TCP or TLS) as it takes to ask a relay whether it would relay to an address:
 * it allocates, then asks for a permission. Nothing is ever sent to that address.
 */
export class TurnClient implements Disposable {
  readonly #socket: Socket;
  readonly #credentials: Credentials;
  #realm = "";
  #nonce: Buffer = Buffer.alloc(0);

  /** @param tls - whether to speak TLS; the certificate is not checked, since it is a test's own */
  static async connect(port: number, credentials: Credentials, tls = false): Promise<TurnClient> {
    const socket = tls
      ? tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false })
      : netConnect(port, "127.0.0.1");
    await once(socket, tls ? "secureConnect" : "connect");
    return new TurnClient(socket, credentials);
  }

  private constructor(socket: Socket, credentials: Credentials) {
    this.#socket = socket;
    this.#credentials = credentials;
  }

  /** Allocate. @returns 0, or STUN's error code, which is 401 for wrong or outdated credentials */
  async allocate(family: 4 | 6): Promise<number> {
    const attributes: [number, Buffer][] = [
      [ATTRIBUTE.transport, UDP],
      [ATTRIBUTE.family, FAMILY[family]],
    ];
    const challenge = await this.#ask(METHOD.allocate, attributes, false);
    this.#realm = challenge.get(ATTRIBUTE.realm)?.toString() ?? "";
    this.#nonce = challenge.get(ATTRIBUTE.nonce) ?? this.#nonce;
    return errorOf(await this.#ask(METHOD.allocate, attributes, true));
  }

  /** Ask for a permission. @returns 0 where the relay would relay to `address`, 403 where it refuses */
  async permit(address: string): Promise<number> {
    const transaction = randomBytes(12);
    const peer: [number, Buffer] = [ATTRIBUTE.peer, xorAddress(address, transaction)];
    return errorOf(await this.#ask(METHOD.createPermission, [peer], true, transaction));
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #ask(
    method: number,
    attributes: [number, Buffer][],
    authenticated: boolean,
    transaction = randomBytes(12),
  ): Promise<Attributes> {
    const own: [number, Buffer][] = [
      [ATTRIBUTE.username, Buffer.from(this.#credentials.username)],
      [ATTRIBUTE.realm, Buffer.from(this.#realm)],
      [ATTRIBUTE.nonce, this.#nonce],
    ];
    const body = Buffer.concat([...attributes, ...(authenticated ? own : [])].map(encode));
    if (!authenticated) this.#socket.write(Buffer.concat([header(method, body.length, transaction), body]));
    else
      this.#socket.write(this.#signed(Buffer.concat([header(method, body.length + 24, transaction), body])));
    const [answer] = (await once(this.#socket, "data")) as [Buffer];
    return decode(answer);
  }

  #signed(message: Buffer): Buffer {
    const { username, credential } = this.#credentials;
    const key = createHash("md5").update(`${username}:${this.#realm}:${credential}`).digest();
    const tag = createHmac("sha1", key).update(message).digest();
    return Buffer.concat([message, encode([ATTRIBUTE.integrity, tag])]);
  }
}

function header(method: number, length: number, transaction: Buffer): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE(method, 0);
  bytes.writeUInt16BE(length, 2);
  bytes.writeUInt32BE(MAGIC, 4);
  return Buffer.concat([bytes, transaction]);
}

function encode([type, value]: [number, Buffer]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

function decode(message: Buffer): Attributes {
  const attributes: Attributes = new Map();
  for (let at = 20; at + 4 <= message.length; ) {
    const length = message.readUInt16BE(at + 2);
    attributes.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + length));
    at += 4 + length + (-length & 3);
  }
  return attributes;
}

function errorOf(attributes: Attributes): number {
  const error = attributes.get(ATTRIBUTE.errorCode);
  return error === undefined ? 0 : (error[2] ?? 0) * 100 + (error[3] ?? 0);
}

function xorAddress(address: string, transaction: Buffer): Buffer {
  const bytes = addressBytes(address);
  const mask = Buffer.concat([header(0, 0, transaction).subarray(4, 8), transaction]);
  const port = Buffer.from([0x21 ^ 0x0d, 0x12 ^ 0x96]);
  const family = Buffer.from([0, bytes.length === 4 ? 1 : 2]);
  return Buffer.concat([family, port, bytes.map((byte, i) => byte ^ (mask[i] ?? 0))]);
}

/** The bytes of an address. The URL parser reads all spellings of IPv6 and writes one that has at most one gap. */
function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number));
  const [front = "", back = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string) =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(front), groups(back)];
  const all = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
