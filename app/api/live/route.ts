import { findLiveSession } from "#lib/auth/require.ts";
import { currentRevision, subscribeRevision } from "#lib/inventory/revision.ts";

/** A stream ends after this long and the browser opens the next one, so that an ended session is noticed. */
const streamSeconds = 60;
/** Between two signs of life: a page that hears none for a while says so. */
const beatSeconds = 5;

/** One number whenever something that a page shows may have changed. No data: the page asks for that itself, with its rights. */
export async function GET(request: Request): Promise<Response> {
  const session = await findLiveSession().catch(() => undefined);
  if (session === undefined) return new Response(null, { status: 503 });
  // 204 tells a browser not to come again; anything else it would try for ever.
  if (!session) return new Response(null, { status: 204 });
  const encoder = new TextEncoder();
  let end = () => {};
  const stream = new ReadableStream({
    start(controller) {
      const send = (revision: number) => controller.enqueue(encoder.encode(`data: ${revision}\n\n`));
      let isOpen = true;
      // Whoever was signed out is told nothing: her page stays as it is, with the form that she fills in.
      const tell = async (revision: number) => {
        const isAlive = await session.isAlive().catch(() => false);
        if (!isOpen) return;
        if (isAlive) send(revision);
        else end();
      };
      const stop = subscribeRevision(tell);
      const timer = setTimeout(() => end(), streamSeconds * 1000);
      const beat = setInterval(() => controller.enqueue(encoder.encode("event: beat\ndata:\n\n")), beatSeconds * 1000);
      end = () => {
        end = () => {};
        isOpen = false;
        clearTimeout(timer);
        clearInterval(beat);
        stop();
        controller.close();
      };
      controller.enqueue(encoder.encode("retry: 1000\n\n"));
      send(currentRevision());
      request.signal.addEventListener("abort", () => end());
    },
    cancel: () => end(),
  });
  return new Response(stream, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" },
  });
}
