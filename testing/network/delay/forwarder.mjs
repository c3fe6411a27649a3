/**
 * Forwards every datagram to a target after a delay, and the answers back with the same delay. It is a process of its
 * own, so that it keeps time while tests compute. Arguments: listen address, target address, target port, one-way delay
 * in ms, queue limit in bytes. It sends its port over IPC as soon as it listens, and its counts when asked.
 */
import { createSocket } from "node:dgram";

const [listenAddress = "127.0.0.1", targetAddress = "127.0.0.1", targetPort = "", delay = "0", limit = "0"] =
  process.argv.slice(2);
const delayMs = Number(delay);
const limitBytes = Number(limit);

/** The kernel's buffer, for 100 Mbit/s during the 300 ms in which this process may not be scheduled. */
const KERNEL_BUFFER_BYTES = 4 * 1024 * 1024;

const counts = { forwarded: 0, dropped: 0, queuedBytes: 0, flipped: 0 };

/** What is wrong with the line at present: it carries nothing, or flips a bit in this share of the datagrams. */
let trouble = { isCut: false, flipShare: 0 };

/** @param {Buffer} datagram */
function flipSomewhere(datagram) {
  const at = Math.floor(Math.random() * datagram.length);
  datagram[at] = (datagram[at] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
  counts.flipped += 1;
}

/** A queue for both directions. The delay is the same for each datagram, so that the first to come is the first to go. */
class DelayLine {
  /** @type {{ due: number, datagram: Buffer, send: (datagram: Buffer) => void }[]} */
  #queue = [];
  #head = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {Buffer} datagram @param {(datagram: Buffer) => void} send */
  push(datagram, send) {
    if (Math.random() < trouble.flipShare) flipSomewhere(datagram);
    if (trouble.isCut || counts.queuedBytes + datagram.length > limitBytes) {
      counts.dropped += 1;
      return;
    }
    counts.queuedBytes += datagram.length;
    this.#queue.push({ due: performance.now() + delayMs, datagram, send });
    if (delayMs === 0) this.#flush();
    else this.#arm();
  }

  #arm() {
    const first = this.#queue[this.#head];
    if (this.#timer !== undefined || first === undefined) return;
    // Node's timers fire up to a millisecond late and never early, so that the delay is rounded down.
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#flush();
        this.#arm();
      },
      Math.max(1, Math.floor(first.due - performance.now())),
    );
  }

  #flush() {
    const now = performance.now() + 0.5;
    for (
      let next = this.#queue[this.#head];
      next !== undefined && next.due <= now;
      next = this.#queue[this.#head]
    ) {
      this.#head += 1;
      counts.queuedBytes -= next.datagram.length;
      counts.forwarded += 1;
      next.send(next.datagram);
    }
    // Datagrams that have been sent are removed in batches, since removing each one would copy the queue.
    if (this.#head > 1_024) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }
}

const line = new DelayLine();
/** The socket that clients send to. All addresses are literal: a lookup for each datagram would cost as much as sending it. */
const front = createSocket({ type: "udp4", lookup: (address, _options, done) => done(null, address, 4) });

/** One socket towards the target for each client: a relay knows its clients by their addresses alone. */
const backs = new Map();

front.on("message", (datagram, { address, port }) => {
  const client = `${address}:${port}`;
  let back = backs.get(client);
  if (back === undefined) {
    back = connectedSocket((answer) => front.send(answer, port, address));
    backs.set(client, back);
  }
  line.push(datagram, back);
});

/** @param {(answer: Buffer) => void} answered @returns {(datagram: Buffer) => void} */
function connectedSocket(answered) {
  const socket = createSocket("udp4");
  /** @type {Buffer[] | undefined} */
  let early = [];
  socket.on("message", (answer) => line.push(answer, answered));
  // A missing target answers with ICMP. That is no reason to end, since it may come back.
  socket.on("error", (error) => process.stderr.write(`${error.message}\n`));
  socket.connect(Number(targetPort), targetAddress, () => {
    sizeBuffers(socket);
    for (const datagram of early ?? []) socket.send(datagram);
    early = undefined;
  });
  return (datagram) => {
    if (early === undefined) socket.send(datagram);
    else early.push(datagram);
  };
}

/** @param {import("node:dgram").Socket} socket */
function sizeBuffers(socket) {
  socket.setRecvBufferSize(KERNEL_BUFFER_BYTES);
  socket.setSendBufferSize(KERNEL_BUFFER_BYTES);
}

front.bind(0, listenAddress, () => {
  sizeBuffers(front);
  process.send?.({ port: front.address().port });
});

process.on("message", (/** @type {"counts" | typeof trouble} */ asked) => {
  if (asked === "counts") process.send?.({ counts });
  else trouble = asked;
});
// The test that started this process has ended.
process.on("disconnect", () => process.exit());
