import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { SourcedValue } from "#lib/operations/planned-value.ts";
import { sourceSettings } from "#lib/sources/schema.ts";
import type { GivenSource } from "./life.ts";

/** A source of a run's own, with one value that never changes. */
export type OwnSource = {
  given: GivenSource;
  value: string;
  planned: SourcedValue;
  stop(): Promise<void>;
};

export async function startOwnSource(): Promise<OwnSource> {
  const value = `sourced-canary-${randomBytes(12).toString("hex")}`;
  const server = createServer((_request, response) => response.setHeader("etag", '"1"').end(value));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const name = "vault";
  return {
    value,
    given: {
      name,
      settings: sourceSettings.parse({
        kind: "http",
        address: `http://127.0.0.1:${port}`,
        allowsPrivateAddresses: true,
      }),
    },
    planned: {
      from: "source",
      bindingId: null,
      sourceId: "source-1",
      sourceName: name,
      path: "db",
      take: { take: "whole" },
      sourceVersionId: null,
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
