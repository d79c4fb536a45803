import { createHmac, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { answerWebhook, isSigned, type Webhook } from "./source-webhook.ts";

const most = 64 * 1024;

/** So many bytes in parts, as one that does not say how long it is; and how many parts were taken. */
function chunked(parts: number, partBytes: number) {
  const taken = { parts: 0, isCancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken.parts === parts) return controller.close();
        taken.parts += 1;
        controller.enqueue(new Uint8Array(partBytes));
      },
      cancel() {
        taken.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const sent = { method: "POST", body, duplex: "half" } as RequestInit;
  const request = new Request("http://skep.example/api/sources/s1", sent);
  return { taken, request };
}

describe("a webhook", () => {
  it("that is too long is read no further than it may be", async () => {
    const { taken, request } = chunked(1000, 8 * 1024);
    expect(await answerWebhook("s1", request)).toBe(413);
    expect(taken).toEqual({ parts: 9, isCancelled: true });
  });

  it("that says that it is too long is not read at all", async () => {
    const { taken, request } = chunked(1, 1);
    request.headers.set("content-length", String(most + 1));
    expect(await answerWebhook("s1", request)).toBe(413);
    expect(taken.parts).toBe(0);
  });

  it("of any length that it may have is told whether it is believed, and to be sent again where Postgres is away", async () => {
    const heard: Webhook[] = [];
    const away = new AppError("database-unreachable", "Postgres does not answer.");
    const answers = [async () => true, async () => false, () => Promise.reject(away)];
    const statuses = [];
    for (const answer of answers) {
      const { request } = chunked(8, 8 * 1024);
      for (const name of ["id", "timestamp", "signature"]) request.headers.set(`webhook-${name}`, name);
      const notice = (_sourceId: string, webhook: Webhook) => {
        heard.push(webhook);
        return answer();
      };
      statuses.push(await answerWebhook("s1", request, notice));
    }
    expect(statuses).toEqual([202, 401, 503]);
    const all = { id: "id", timestamp: "timestamp", signature: "signature", body: Buffer.alloc(most) };
    expect(heard).toEqual([all, all, all]);
  });

  it("is believed by its signature, within five minutes of its own time", () => {
    const key = randomBytes(32);
    const now = new Date("2026-11-27T15:00:00Z");
    const seconds = now.getTime() / 1000;
    const signed = (at: number, by = key) => {
      const body = Buffer.from("{}");
      const mac = createHmac("sha256", by).update(`m1.${at}.`).update(body).digest("base64");
      return { id: "m1", timestamp: String(at), signature: `v1,AAAA v1,${mac}`, body };
    };
    expect(isSigned(signed(seconds), key, now)).toBe(true);
    expect(isSigned(signed(seconds - 300), key, now)).toBe(true);
    expect(isSigned(signed(seconds - 301), key, now)).toBe(false);
    expect(isSigned(signed(seconds + 301), key, now)).toBe(false);
    expect(isSigned(signed(seconds, randomBytes(32)), key, now)).toBe(false);
    expect(isSigned({ ...signed(seconds), id: "m2" }, key, now)).toBe(false);
    expect(isSigned({ ...signed(seconds), body: Buffer.from("[]") }, key, now)).toBe(false);
  });
});
