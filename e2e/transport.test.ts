import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { type Browser, expect, type Page, test } from "@playwright/test";
import { type Scene, startScene } from "./scene.ts";
import { type RunningSkep, signIn } from "./server.ts";
import { createSecret } from "./stage.ts";

/** Stopped by a hook, which still has its time when a test has used up its own. */
const stops: (() => Promise<unknown>)[] = [];
test.afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test("over TLS the session is for this host alone, and an action leads on to its page without loading it anew", async ({
  browser,
}) => {
  const scene = await startScene({
    args: (folder) => {
      const { certPath, keyPath } = makePair(folder);
      return ["--tls-cert", certPath, "--tls-key", keyPath];
    },
  });
  stops.push(scene.stop);
  expect(scene.skep.url).toMatch(/^https:/);
  const page = await signedIn(browser, scene, scene.skep.url);
  await expectToLeadOn(page, scene);
  await expectToPassOn(page);
  const health = await page.request.get("/api/health");
  expect([health.status(), await health.json()]).toEqual([200, { status: "serving" }]);
});

test("behind a proxy that is trusted the history has the address that it tells, and of anybody else the own", async ({
  browser,
}) => {
  const scene = await startScene({
    args: () => ["--behind-proxy"],
    env: { SKEP_TRUSTED_PROXIES: "127.0.0.2" },
  });
  stops.push(scene.stop);
  const proxy = await startProxy(scene);
  stops.push(proxy.stop);
  const page = await signedIn(browser, scene, proxy.url);
  await expectToLeadOn(page, scene);
  await expectToPassOn(page);
  await refuseSignIn(scene.skep.url, scene.skep.administrator.email);

  await page.goto("/audit");
  const line = (text: RegExp) => page.getByRole("listitem").filter({ hasText: text });
  await expect(line(/ signed in/)).toContainText("203.0.113.9");
  await expect(line(/ started creating /).first()).toContainText("203.0.113.9");
  await expect(line(/ could not sign in as /)).toContainText("127.0.0.1");
  await expect(page.getByText("198.51.100.7")).toHaveCount(0);
});

test("whoever leaves before the answer is out, welcome or not, takes nobody else along", async () => {
  const scene = await startScene();
  stops.push(scene.stop);
  const { host } = new URL(scene.skep.url);
  for (const origin of [`http://${host}`, "https://evil.example"])
    await Promise.all(Array.from({ length: 60 }, (_, place) => leaveEarly(scene.skep, origin, place)));
  const health = await fetch(`${scene.skep.url}/api/health`).catch((error: unknown) => error);
  expect(health, scene.skep.output()).toBeInstanceOf(Response);
  expect(await (health as Response).json()).toEqual({ status: "serving" });
  expect(scene.skep.process.exitCode).toBeNull();
});

/** For a name that this machine does not have, as a real one would be. */
function makePair(folder: string): { certPath: string; keyPath: string } {
  const [certPath, keyPath] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const name = ["-subj", "/CN=skep.example.org", "-addext", "subjectAltName=DNS:skep.example.org"];
  execFileSync("openssl", ["req", ...kind, ...name, "-keyout", keyPath, "-out", certPath], { stdio: "pipe" });
  return { certPath, keyPath };
}

async function signedIn(browser: Browser, { skep }: Scene, url: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, ignoreHTTPSErrors: true });
  stops.push(() => context.close());
  const page = await context.newPage();
  await signIn(page, skep.administrator);
  const session = (await context.cookies()).find(({ name }) => name.endsWith(".session"));
  expect(session).toMatchObject({ name: "__Host-skep.session", secure: true, httpOnly: true, path: "/" });
  return page;
}

/** Next answers an action with the page that it ends on, if Skep lets it ask itself for that. */
async function expectToLeadOn(page: Page, scene: Scene): Promise<void> {
  const loaded: string[] = [];
  page.on("request", (each) => {
    if (each.isNavigationRequest() && each.url().includes("/operations/")) loaded.push(each.url());
  });
  await createSecret(page, scene, "first");
  expect(loaded).toEqual([]);
  expect(scene.skep.output()).not.toContain("failed to get redirect response");
}

/** A question that a form still had when its page was left is asked at the next one, which does not know the answer itself. */
async function expectToPassOn(page: Page): Promise<void> {
  const question = '["first"]';
  const asked = page.waitForRequest((each) => each.postData() === question);
  await page.goto("/secrets/new?name=first");
  const { "next-action": action = "" } = (await asked).headers();
  await page.goto("/secrets");
  const answer = await page.evaluate(
    async ([body, id]) => {
      const headers = { "Next-Action": id, Accept: "text/x-component", "Content-Type": "text/plain;charset=UTF-8" };
      return (await fetch("/secrets", { method: "POST", headers, body })).text();
    },
    [question, action] as const,
  );
  expect(answer).toContain("There is a secret named first already");
}

/** It speaks TLS to browsers and plain HTTP to Skep, from an address of its own. What the browser claimed stands left of what it saw. */
async function startProxy({ skep, folder }: Scene): Promise<{ url: string; stop(): Promise<void> }> {
  const { certPath, keyPath } = makePair(folder);
  const server = createServer({ cert: readFileSync(certPath), key: readFileSync(keyPath) }, (incoming, outgoing) => {
    const forwarded = { "x-forwarded-for": "198.51.100.7, 203.0.113.9", "x-forwarded-proto": "https" };
    const upstream = request(
      `${skep.url}${incoming.url}`,
      { method: incoming.method, headers: { ...incoming.headers, ...forwarded }, localAddress: "127.0.0.2" },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.on("error", () => outgoing.destroy());
        answer.pipe(outgoing);
      },
    );
    upstream.on("error", () => outgoing.destroy());
    outgoing.on("close", () => upstream.destroy());
    incoming.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Past the proxy, with a claim of one's own. */
async function refuseSignIn(url: string, email: string): Promise<void> {
  const headers = { origin: url.replace(/^http:/, "https:"), "x-forwarded-for": "198.51.100.7" };
  const asked = await fetch(`${url}/api/auth/csrf`, { headers });
  const { csrfToken } = (await asked.json()) as { csrfToken: string };
  const cookie = asked.headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  const answer = await fetch(`${url}/api/auth/callback/credentials`, {
    method: "POST",
    headers: { ...headers, cookie },
    body: new URLSearchParams({ csrfToken, email, password: "not the password" }),
  });
  expect(answer.status).toBe(401);
}

/** Sends all of a request, and goes so many milliseconds later. */
function leaveEarly({ url }: RunningSkep, origin: string, milliseconds: number): Promise<void> {
  const { host, hostname, port } = new URL(url);
  const head = [`POST /sign-in HTTP/1.1`, `Host: ${host}`, `Origin: ${origin}`, "Content-Type: text/plain"];
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${head.join("\r\n")}\r\nContent-Length: 4\r\n\r\nbody`);
      setTimeout(() => socket.destroy(), milliseconds);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
  });
}
