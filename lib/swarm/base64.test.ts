import fc from "fast-check";
import { expect, it } from "vitest";
import { base64Length, writeBase64 } from "./base64.ts";

it("base64 in a buffer is the base64 of Node, for bytes of every length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(5), (bytes, offset) => {
      const target = Buffer.alloc(offset + base64Length(bytes.length));
      writeBase64(bytes, target, offset);
      expect(target.subarray(offset).toString()).toBe(Buffer.from(bytes).toString("base64"));
    }),
  );
});
