import "server-only";
import { BlockList, isIP } from "node:net";

/** Where a request came from, as far as it can be believed. */
export type RequestOrigin = { address: string | null; userAgent: string | null };

type HeaderReader = { get(name: string): string | null | undefined };

/** Set by Skep's own server for every request: the address at the other end of the socket. */
export const peerHeader = "x-skep-peer";

/** The nearest address that is not a trusted proxy's, read from the right: what stands further left was written by strangers. */
export function originOf(headers: HeaderReader, trustedProxies: string[]): RequestOrigin {
  const userAgent = headers.get("user-agent")?.slice(0, 300) || null;
  const peer = plainAddress(headers.get(peerHeader) ?? "");
  if (!peer || !isTrustedProxy(peer, trustedProxies)) return { address: peer, userAgent };
  const hops = (headers.get("x-forwarded-for") ?? "").split(",").map((hop) => plainAddress(hop));
  for (const hop of hops.reverse()) {
    if (hop === null) break;
    if (!isTrustedProxy(hop, trustedProxies)) return { address: hop, userAgent };
  }
  return { address: peer, userAgent };
}

function isTrustedProxy(address: string, trustedProxies: string[]): boolean {
  const plain = plainAddress(address);
  if (!plain) return false;
  return listOf(trustedProxies).check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
}

/** Headers in which a proxy says for whom it asks. From anybody else they are a claim, and are taken out before Next reads them. */
export function dropForeignForwarding(headers: Record<string, unknown>, peer: string, trustedProxies: string[]): void {
  if (isTrustedProxy(peer, trustedProxies)) return;
  for (const name of Object.keys(headers)) {
    if (/^(x-forwarded-.*|forwarded|x-real-ip)$/i.test(name)) delete headers[name];
  }
}

/** What failed attempts are counted by: a customer of IPv6 has 2^64 addresses, so those count as one. */
export function countedAddress(address: string | null): string {
  if (!address) return "unknown";
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("::");
  const front = head.split(":").filter(Boolean);
  const back = (tail ?? "").split(":").filter(Boolean);
  const groups =
    tail === undefined ? front : [...front, ...Array(Math.max(0, 8 - front.length - back.length)).fill("0"), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, "").toLowerCase())
    .join(":")}::/64`;
}

function plainAddress(text: string): string | null {
  const trimmed = text
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, "$1")
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  const plain = trimmed.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "").replace(/%.*$/, "");
  return isIP(plain) ? plain : null;
}

function listOf(entries: string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [network = "", prefix] = entry.split("/");
    const family = isIP(network) === 6 ? "ipv6" : "ipv4";
    if (!isIP(network)) continue;
    if (prefix === undefined) list.addAddress(network, family);
    else if (isPrefix(prefix, family === "ipv6" ? 128 : 32)) list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

function isPrefix(text: string, longest: number): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= longest;
}
