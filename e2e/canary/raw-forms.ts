import { connect } from "node:net";
import type { Page } from "@playwright/test";
import type { OverheardScene } from "../scene.ts";

type Raw = { page: Page; scene: OverheardScene; action: string; value: string; how: keyof typeof bodies };

/** The name under which Next knows the action of the open form. Nothing is sent. */
export async function actionBehind(page: Page, button: string): Promise<string> {
  let isStopped: (action: string) => void = () => {};
  const stopped = new Promise<string>((resolve) => {
    isStopped = resolve;
  });
  // For good: what is on its way when the page is left would get through to a Skep that nobody keeps it from any more.
  const left = page.url();
  await page.route(
    ({ href }) => href === left,
    async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      await route.abort();
      isStopped(route.request().headers()["next-action"] ?? "");
    },
  );
  await page.getByRole("button", { name: button }).click();
  const action = await stopped;
  await page.goto("about:blank");
  return action;
}

const part = (value: string) =>
  `--edge\r\nContent-Disposition: form-data; name="1_value"; filename="value"\r\n\r\n${value}`;
const bodies = {
  "cut off": part,
  "without its end": part,
  malformed: (value: string) =>
    `${part(value)}\r\n--edge\r\nContent-Disposition: none\r\n\r\n{"$K1\r\n--edge\r\nContent-Disposition: form-data; name="0"\r\n\r\n["${value}","$K1"\r\n--edge--\r\n`,
  "no form": (value: string) => `["${value}",`,
};

/** Sent with her cookies as no browser would send it, and heard by the same proxy. */
export async function sendRaw({ page, scene, action, value, how }: Raw): Promise<void> {
  const { origin, host } = new URL(scene.skep.url);
  const cookies = await page.context().cookies();
  const body = bodies[how](value);
  const head = [
    `POST ${origin}/secrets/new?name=raw&source=typed HTTP/1.1`,
    ...[`Host: ${host}`, `Origin: ${origin}`, `Next-Action: ${action}`, "Connection: close"],
    `Cookie: ${cookies.map((cookie) => `${cookie.name}=${cookie.value}`).join("; ")}`,
    `Content-Type: ${how === "no form" ? "text/plain;charset=UTF-8" : "multipart/form-data; boundary=edge"}`,
    `Content-Length: ${Buffer.byteLength(body) + (how === "cut off" ? 1000 : 0)}`,
  ];
  const proxy = new URL(scene.browser.url);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(proxy.port), proxy.hostname, () =>
      socket.write(`${head.join("\r\n")}\r\n\r\n${body}`),
    );
    const whole = Buffer.from(body);
    const isWhole = () => scene.browser.exchanges().some(({ requestBody }) => requestBody.equals(whole));
    // Cut off as soon as all that will come has come.
    const timer = setInterval(() => how === "cut off" && isWhole() && socket.destroy(), 50);
    socket.on("data", () => undefined);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(timer);
      resolve();
    });
  });
}
