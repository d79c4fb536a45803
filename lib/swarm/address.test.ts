import { describe, expect, it } from "vitest";
import { readEnvironment } from "#lib/env.ts";
import { isAppError } from "#lib/errors.ts";
import { namedEndpoints, nameOfEndpoint, readAddress } from "./address.ts";

function endpoint(host: string, over: { certPath?: string; isTlsVerified?: boolean } = {}) {
  return { host, certPath: null, isTlsVerified: false, ...over };
}

describe("the managers that the operator named", () => {
  const tls = { DOCKER_CERT_PATH: "/c", DOCKER_TLS_VERIFY: "1" };

  it.each(["unix:///run/docker.sock", "ssh://root@manager", undefined])(
    "are asked with the certificates where they are asked over TCP, and the first one is %s",
    (DOCKER_HOST) => {
      const named = namedEndpoints(
        readEnvironment({
          ...tls,
          ...(DOCKER_HOST ? { DOCKER_HOST } : {}),
          SKEP_DOCKER_HOSTS: "tcp://m2:2376,ssh://m3",
        }),
      );
      expect(named).toEqual([
        ...(DOCKER_HOST ? [endpoint(DOCKER_HOST)] : []),
        endpoint("tcp://m2:2376", { certPath: "/c", isTlsVerified: true }),
        endpoint("ssh://m3"),
      ]);
    },
  );

  it("are each there once", () => {
    const environment = readEnvironment({ DOCKER_HOST: "tcp://m1", SKEP_DOCKER_HOSTS: "tcp://m2,tcp://m1" });
    expect(namedEndpoints(environment).map(({ host }) => host)).toEqual(["tcp://m1", "tcp://m2"]);
  });
});

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
