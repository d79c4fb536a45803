import { describe, expect, it, vi } from "vitest";
import { readEnvironment } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import { chooseSwarm } from "./choose-swarm.ts";

const isManager = async () => undefined;
const isWorker = async () => {
  throw new AppError("swarm-not-manager", "This node is a worker.");
};
const here = import.meta.filename;

describe("the choice of the Swarm", () => {
  it("uses the one that DOCKER_HOST names, and no other", async () => {
    const environment = readEnvironment({
      DOCKER_HOST: "tcp://swarm.internal:2376",
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: "/c",
    });
    const docker = { host: "tcp://swarm.internal:2376", certPath: "/c", isTlsVerified: true };
    expect(await chooseSwarm({ environment, isSandboxForced: false, probe: isManager, socketPath: here })).toEqual({
      use: "own",
      docker,
      otherManagers: [],
    });
  });

  it("begins with whichever named manager answers as one, and keeps the others for later", async () => {
    const environment = readEnvironment({
      DOCKER_HOST: "tcp://m1:2375",
      SKEP_DOCKER_HOSTS: "tcp://m2:2375,tcp://m3:2375",
    });
    const asked: string[] = [];
    const choice = await chooseSwarm({
      environment,
      isSandboxForced: false,
      async probe({ host }) {
        asked.push(host);
        if (host === "tcp://m1:2375") await isWorker();
      },
    });
    expect(choice).toMatchObject({
      docker: { host: "tcp://m2:2375" },
      otherManagers: [{ host: "tcp://m1:2375" }, { host: "tcp://m3:2375" }],
    });
    expect(asked).toEqual(["tcp://m1:2375", "tcp://m2:2375"]);
  });

  it("with SKEP_DOCKER_HOSTS alone asks this machine's engine first, and falls back on no sandbox", async () => {
    const environment = readEnvironment({ SKEP_DOCKER_HOSTS: "ssh://ada:canary@m2,tcp://m3:2375" });
    const options = { environment, isSandboxForced: false };
    const local = await chooseSwarm({ ...options, probe: isManager, socketPath: here });
    expect(local).toMatchObject({ docker: { host: `unix://${here}` }, otherManagers: [{}, { host: "tcp://m3:2375" }] });
    const far = await chooseSwarm({ ...options, probe: isManager, socketPath: "/nowhere" });
    expect(far).toMatchObject({ docker: { host: "ssh://ada:canary@m2" }, otherManagers: [{ host: "tcp://m3:2375" }] });
    const none = chooseSwarm({ ...options, probe: isWorker, socketPath: "/nowhere" });
    await expect(none).rejects.toThrow(
      "ssh://m2 cannot be used: This node is a worker. tcp://m3:2375 cannot be used: This node is a worker. Point",
    );
    await expect(none).rejects.toMatchObject({ code: "swarm-not-manager" });
  });

  it("refuses with the reason when DOCKER_HOST is no manager, and shows no password", async () => {
    const environment = readEnvironment({ DOCKER_HOST: "ssh://ada:canary@manager" });
    const choice = chooseSwarm({ environment, isSandboxForced: false, probe: isWorker, socketPath: here });
    await expect(choice).rejects.toThrow(/DOCKER_HOST=ssh:\/\/manager .*This node is a worker\./);
    await expect(choice).rejects.toMatchObject({ code: "swarm-not-manager" });
  });

  it("says of one that keeps silent that it does not answer, and nothing of effects", async () => {
    const environment = readEnvironment({ DOCKER_HOST: "tcp://192.0.2.1:2375" });
    const probe = () => Promise.reject(new AppError("swarm-timeout", "It is not known whether it had an effect."));
    const choice = chooseSwarm({ environment, isSandboxForced: false, probe });
    await expect(choice).rejects.toThrow("DOCKER_HOST=tcp://192.0.2.1:2375 cannot be used: It does not answer. Point");
  });

  it("uses this machine's own engine only if it manages a Swarm, else the sandbox", async () => {
    const environment = readEnvironment({});
    const options = { environment, isSandboxForced: false };
    expect(await chooseSwarm({ ...options, probe: isManager, socketPath: here })).toMatchObject({ use: "own" });
    const refused = await chooseSwarm({ ...options, probe: isWorker, socketPath: here });
    expect(refused).toEqual({ use: "sandbox", reason: expect.stringContaining("This node is a worker.") });
    expect(await chooseSwarm({ ...options, probe: isManager, socketPath: "/nowhere" })).toMatchObject({
      use: "sandbox",
    });
  });

  it("asks no engine when the sandbox is forced", async () => {
    const probe = vi.fn(isManager);
    const environment = readEnvironment({ DOCKER_HOST: "unix:///x.sock" });
    expect(await chooseSwarm({ environment, isSandboxForced: true, probe })).toMatchObject({ use: "sandbox" });
    expect(probe).not.toHaveBeenCalled();
  });
});
