/** The headers of a captured packet. Addresses are texts; ports are 0 for protocols without ports. */
export type Packet = {
  readonly from: string;
  readonly to: string;
  readonly protocol: "udp" | "tcp" | "other";
  readonly fromPort: number;
  readonly toPort: number;
  readonly bytes: number;
};

const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const MAGIC_LITTLE = 0xa1b2c3d4;

/** The length of the link header and the offset of its type, by pcap's link type: Ethernet, Linux cooked 1 and 2. */
const LINKS: Record<number, { header: number; typeAt: number }> = {
  1: { header: 14, typeAt: 12 },
  113: { header: 16, typeAt: 14 },
  276: { header: 20, typeAt: 0 },
};
const IPV4 = 0x0800;
const IPV6 = 0x86dd;

/** All IP packets of a capture file. A packet that is cut off at the end is left out, since it is still being written. */
export function packetsOf(pcap: Buffer): Packet[] {
  if (pcap.length < FILE_HEADER) return [];
  if (pcap.readUInt32LE(0) !== MAGIC_LITTLE) throw new Error("this is no capture file of this machine");
  const link = LINKS[pcap.readUInt32LE(20)];
  if (link === undefined)
    throw new Error(`captures of link type ${pcap.readUInt32LE(20)} are not understood`);

  const packets: Packet[] = [];
  for (let at = FILE_HEADER; at + PACKET_HEADER <= pcap.length; ) {
    const kept = pcap.readUInt32LE(at + 8);
    const bytes = pcap.readUInt32LE(at + 12);
    at += PACKET_HEADER;
    const frame = pcap.subarray(at, at + kept);
    at += kept;
    if (frame.length < kept || frame.length < link.header) break;
    const packet = packetIn(frame.readUInt16BE(link.typeAt), frame.subarray(link.header), bytes);
    if (packet !== undefined) packets.push(packet);
  }
  return packets;
}

function packetIn(type: number, ip: Buffer, bytes: number): Packet | undefined {
  if (type === IPV4 && ip.length >= 20) {
    const [from, to] = [ip.subarray(12, 16), ip.subarray(16, 20)].map((address) => [...address].join("."));
    return packet(from, to, ip[9], ip.subarray(((ip[0] ?? 0) & 15) * 4), bytes);
  }
  if (type === IPV6 && ip.length >= 40) {
    const [from, to] = [ip.subarray(8, 24), ip.subarray(24, 40)].map(ipv6);
    return packet(from, to, ip[6], ip.subarray(40), bytes);
  }
  return undefined;
}

function packet(from = "", to = "", number = 0, rest: Buffer, bytes: number): Packet {
  const protocol = number === 17 ? "udp" : number === 6 ? "tcp" : "other";
  const hasPorts = protocol !== "other" && rest.length >= 4;
  const [fromPort, toPort] = hasPorts ? [rest.readUInt16BE(0), rest.readUInt16BE(2)] : [0, 0];
  return { from, to, protocol, fromPort, toPort, bytes };
}

function ipv6(address: Buffer): string {
  return Array.from({ length: 8 }, (_, group) => address.readUInt16BE(group * 2).toString(16)).join(":");
}
