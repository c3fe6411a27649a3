import { isIPv4, isIPv6 } from "node:net";

/**
 * The one prefix of all texts that are no address, so that a client which can forge its address gains nothing by it.
 */
const UNREADABLE = "?";

/**
 * The prefix of an address that one household or office usually has: /24 of IPv4, /56 of IPv6. An IPv4 address mapped
 * into IPv6, as a dual-stack socket reports it, counts as the IPv4 address in it.
 */
export function addressPrefix(address: string): string {
  const bare = address.split("%", 1)[0] ?? ""; // A zone id names an interface of ours and says nothing about the peer.
  if (isIPv4(bare)) return prefix4(bare.split(".").map(Number));
  if (!isIPv6(bare)) return UNREADABLE;
  const bytes = bytesOfIPv6(bare);
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? prefix4(bytes.slice(12)) : `6:${bytes.slice(0, 7).join(".")}`;
}

function prefix4(bytes: number[]): string {
  return `4:${bytes.slice(0, 3).join(".")}`;
}

/** The 16 bytes of an address that `isIPv6` has accepted. */
function bytesOfIPv6(address: string): number[] {
  const [head = "", tail] = address.split("::", 2);
  const front = bytesOfGroups(head);
  const back = bytesOfGroups(tail ?? "");
  return [...front, ...new Array<number>(16 - front.length - back.length).fill(0), ...back];
}

function bytesOfGroups(groups: string): number[] {
  if (groups === "") return [];
  return groups.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
