import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { describe, expect, it } from "vitest";
import { AddressRefused, guardedLookup, mayBeAsked } from "./address.ts";

const careful = { allowsPrivateAddresses: false };
const generous = { allowsPrivateAddresses: true };

describe("an address", () => {
  it.each(["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14", "64:ff9b::93.184.215.14", "172.32.0.1"])(
    "%s may be asked",
    (address) => {
      expect(mayBeAsked(address, careful)).toBe(true);
    },
  );

  it.each([
    ...["127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"],
    ...["::1", "0:0:0:0:0:0:0:1", "fc00::1", "fd12:3456::1"],
    ...["::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:FFFF:0A00:0001", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1"],
  ])("%s may be asked only where the settings say so", (address) => {
    expect(mayBeAsked(address, careful)).toBe(false);
    expect(mayBeAsked(address, generous)).toBe(true);
  });

  it.each([
    ...["0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.170.2", "192.0.0.192", "192.0.2.1", "198.18.0.1"],
    ...["224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "100.100.100.200", "168.63.129.16"],
    ...["::", "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fec0::1", "ff02::1", "2001:db8::1", "2002:7f00:1::", "3fff::1"],
    ...["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42"],
    ...["::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "64:ff9b::169.254.169.254", "64:ff9b:1::a9fe:a9fe"],
    ...["::7f00:1", "::169.254.169.254", "::ffff:0:127.0.0.1", "::2"],
    ...["fe80::1%eth0", "::1%lo", "localhost", "", "127.1", "0x7f000001", "2130706433", "[::1]"],
  ])("%s is never asked", (address) => {
    expect(mayBeAsked(address, generous)).toBe(false);
  });

  it.each(["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14", "169.254.169.254"])(
    "%s is not asked where only private ones are allowed",
    (address) => {
      expect(mayBeAsked(address, { ...generous, allowsPublicAddresses: false })).toBe(false);
      expect(mayBeAsked("10.0.0.1", { ...generous, allowsPublicAddresses: false })).toBe(true);
      expect(mayBeAsked("10.0.0.1", { ...careful, allowsPublicAddresses: false })).toBe(false);
    },
  );
});

describe("a look-up", () => {
  type Found = { error: Error | null; addresses: unknown };

  /** A name's addresses, look-up after look-up: the last ones stay. */
  function lookUpIn(...answers: string[][]) {
    const resolve = ((_name: string, _options: object, callback: (error: null, found: LookupAddress[]) => void) => {
      const addresses = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    }) as unknown as Parameters<typeof guardedLookup>[1];
    return guardedLookup(careful, resolve);
  }

  function ask(lookup: LookupFunction, options = {}): Promise<Found> {
    return new Promise((resolve) =>
      lookup("db.example.org", options, (error, addresses, family) =>
        resolve({ error, addresses: family === undefined ? addresses : { address: addresses, family } }),
      ),
    );
  }

  it("gives all addresses, or the first, as Node asks for them", async () => {
    const lookup = lookUpIn(["93.184.215.14", "2606:2800::1"]);
    expect((await ask(lookup, { all: true })).addresses).toEqual([
      { address: "93.184.215.14", family: 4 },
      { address: "2606:2800::1", family: 6 },
    ]);
    expect(await ask(lookup)).toEqual({ error: null, addresses: { address: "93.184.215.14", family: 4 } });
  });

  it("refuses a name of which any address is refused, whether Node asks for one or for all", async () => {
    for (const answer of [["93.184.215.14", "127.0.0.1"], ["93.184.215.14", "::ffff:10.0.0.1"], []]) {
      for (const options of [{}, { all: true }, { family: 4 }]) {
        expect((await ask(lookUpIn(answer), options)).error).toBeInstanceOf(AddressRefused);
      }
    }
  });

  it("judges what is looked up each time, so that a name cannot change its mind in between", async () => {
    const lookup = lookUpIn(["93.184.215.14"], ["169.254.169.254"]);
    expect((await ask(lookup)).error).toBeNull();
    expect((await ask(lookup)).error).toBeInstanceOf(AddressRefused);
  });

  it("says what the resolver says of a name that there is not", async () => {
    const missing = Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    const lookup = guardedLookup(generous, ((_name: string, _options: object, callback: (error: Error) => void) =>
      callback(missing)) as unknown as Parameters<typeof guardedLookup>[1]);
    expect((await ask(lookup)).error).toBe(missing);
  });
});
