import { describe, expect, it } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { nameOfEndpoint, readAddress } from "./address.ts";

function endpoint(host: string, over: { certPath?: string; isTlsVerified?: boolean } = {}) {
  return { host, certPath: null, isTlsVerified: false, ...over };
}

describe("a Docker address", () => {
  it.each([
    ["unix:///var/run/docker.sock", { type: "unix", socketPath: "/var/run/docker.sock" }],
    ["tcp://manager:2375", { type: "tcp", host: "manager", port: 2375, tls: null }],
    ["tcp://manager", { type: "tcp", host: "manager", port: 2375, tls: null }],
    ["https://manager", { type: "tcp", host: "manager", port: 2376, tls: "system" }],
    ["tcp://[::1]:4444", { type: "tcp", host: "::1", port: 4444, tls: null }],
    ["ssh://manager", { type: "ssh", host: "manager", port: null, user: null }],
    ["ssh://deploy@manager:2222", { type: "ssh", host: "manager", port: 2222, user: "deploy" }],
  ])("%s is taken apart", (host, address) => {
    expect(readAddress(endpoint(host))).toEqual(address);
  });

  it.each(["manager:2375", "ftp://manager", "tcp://", ""])("%s is refused, with how to write it", (host) => {
    expect(() => readAddress(endpoint(host))).toThrow("tcp://host:port");
  });

  it("with certificates that cannot be read says which are needed", () => {
    try {
      readAddress(endpoint("tcp://manager:2376", { certPath: "/nowhere" }));
      expect.unreachable();
    } catch (error) {
      expect(isAppError(error, "swarm-unreachable") && error.publicMessage).toContain("ca.pem, cert.pem and key.pem");
    }
  });

  it("is named without user and password", () => {
    expect(nameOfEndpoint(endpoint("ssh://deploy:canary@manager:2222"))).toBe("ssh://manager:2222");
  });
});
