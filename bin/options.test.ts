import { describe, expect, it } from "vitest";
import { readServerOptions } from "./options.ts";

describe("the command line", () => {
  it("serves this machine only, on port 3000, when nothing is said", () => {
    expect(readServerOptions([])).toMatchObject({ host: "127.0.0.1", port: 3000, tls: null, isSandboxForced: false });
  });

  it.each(["0.0.0.0", "::", "192.168.1.4", "skep.example.org", "127.example.org"])(
    "refuses --host %s without HTTPS",
    (host) => {
      expect(() => readServerOptions(["--host", host])).toThrow(/--tls-cert and --tls-key, or --behind-proxy/);
      expect(readServerOptions(["--host", host, "--behind-proxy"]).isBehindProxy).toBe(true);
    },
  );

  it.each(["127.0.0.1", "127.0.0.9", "::1", "localhost"])("serves %s without HTTPS", (host) => {
    expect(readServerOptions(["--host", host]).host).toBe(host);
  });

  it.each([
    [["--port", "70000"], /not a port/],
    [["--port", "http"], /not a port/],
    [["--tls-cert", "/nowhere"], /go together/],
    [["--tls-cert", "/nowhere", "--tls-key", "/nowhere"], /cannot be read/],
    [["--tls-cert", import.meta.filename, "--tls-key", import.meta.filename], /belong together/],
    [["--sandbocks"], /--sandbocks/],
  ])("refuses %j in a sentence", (commandLine, sentence) => {
    expect(() => readServerOptions(commandLine)).toThrow(sentence);
  });
});
