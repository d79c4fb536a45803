import "server-only";
import { lookup as lookUp } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Never asked, whatever the settings say: this-network, link-local, multicast, reserved, and where clouds keep their metadata. */
const neverAsked = blockList([
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 128],
  ["::ffff:0:0:0", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["100:0:0:1::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
  // Metadata outside of link-local: Alibaba's, Azure's, AWS's, Google's, Scaleway's.
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
  ["fd00:ec2::", 32],
  ["fd20:ce::254", 128],
  ["fd00:42::42", 128],
]);
// IPv4 in its oldest IPv6 spelling, ::127.0.0.1, which leads nowhere today. ::1 is not of them.
neverAsked.addRange("::2", "::ffff:ffff", "ipv6");

/** Which addresses the settings allow. */
export type Allowance = {
  allowsPrivateAddresses: boolean;
  /** False for what must not leave a private network. */
  allowsPublicAddresses?: boolean;
};

/** Asked where the source's settings say so: loopback, private, shared, unique local. */
const privateOnes = blockList([
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["::1", 128],
  ["fc00::", 7],
]);

/**
 * Of IANA's special-purpose registries. An IPv4 address inside an IPv6 one (::ffff:10.0.0.1, or 64:ff9b::10.0.0.1 behind
 * a NAT64) counts as what it is. One with a zone (fe80::1%eth0) is of a single link.
 */
export function mayBeAsked(address: string, allowance: Allowance): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return false;
  const family = version === 6 ? "ipv6" : "ipv4";
  if (neverAsked.check(address, family)) return false;
  if (privateOnes.check(address, family)) return allowance.allowsPrivateAddresses;
  return allowance.allowsPublicAddresses ?? true;
}

/** What a name led to, or was given as, is not an address that this source may be asked at. */
export class AddressRefused extends Error {
  readonly code = "ERR_ADDRESS_REFUSED";
}

/**
 * Node's lookup, at the moment of connecting: a name is refused when one of its addresses is, for nobody knows which of
 * them the next connection takes.
 */
export function guardedLookup(reach: Allowance, resolve: typeof lookUp = lookUp): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      if (addresses.length === 0 || !addresses.every(({ address }) => mayBeAsked(address, reach))) {
        return callback(new AddressRefused("an address of this name is not one that may be asked"), []);
      }
      const [first] = addresses;
      if (options.all) return callback(null, addresses);
      return callback(null, first?.address ?? "", first?.family);
    });
  };
}

function blockList(ranges: [string, number][]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) {
    list.addSubnet(network, prefix, isIP(network) === 6 ? "ipv6" : "ipv4");
    if (isIP(network) === 4) list.addSubnet(`64:ff9b::${network}`, 96 + prefix, "ipv6");
  }
  return list;
}
