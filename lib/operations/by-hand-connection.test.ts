import { expect, it } from "vitest";
import { connectionCommand, connectionOf } from "./by-hand-connection.ts";

const endpoint = (host: string, certPath: string | null = null, isTlsVerified = false) => ({
  host,
  certPath,
  isTlsVerified,
});

it("Docker's client is pointed at the manager that Skep talks to, certificates included", () => {
  expect(connectionCommand(endpoint("unix:///run/a folder/docker.sock"))).toBe(
    "export DOCKER_HOST='unix:///run/a folder/docker.sock'",
  );
  // Docker's client takes no notice of the certificates unless it is told to verify.
  expect(connectionCommand(endpoint("tcp://10.0.0.1:2376", "/etc/skep"))).toBe(
    "export DOCKER_HOST=tcp://10.0.0.1:2376 DOCKER_CERT_PATH=/etc/skep DOCKER_TLS_VERIFY=1",
  );
});

it("An address that Docker's client does not know is said in the way that it does", () => {
  expect(connectionCommand(endpoint("https://manager:2376"))).toBe(
    "export DOCKER_HOST=tcp://manager:2376 DOCKER_TLS_VERIFY=1",
  );
  expect(connectionCommand(endpoint("http://manager:2375"))).toBe("export DOCKER_HOST=tcp://manager:2375");
});

it("The user and the password of an address are not shown, and who reads it is told to add her own", () => {
  const { command, notes } = connectionOf([endpoint("https://skep:s3cret@manager:2376")]);
  expect(command).toBe("export DOCKER_HOST=tcp://manager:2376 DOCKER_TLS_VERIFY=1");
  expect(notes).toEqual([expect.stringContaining("Add your user")]);
  expect(connectionOf([endpoint("ssh://root@manager")]).command).toBe("export DOCKER_HOST=ssh://manager");
});

it("The other managers are named for when the first does not answer, also without their users", () => {
  const { notes } = connectionOf([endpoint("tcp://a:2375"), endpoint("ssh://root@b"), endpoint("tcp://c:2375")]);
  expect(notes.at(-1)).toBe("If it does not answer, use ssh://b or tcp://c:2375 instead.");
  expect(connectionOf([endpoint("tcp://a:2375")]).notes).toEqual([]);
});
