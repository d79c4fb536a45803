import { findActor } from "#lib/auth/require.ts";
import { currentRevision, subscribeRevision } from "#lib/inventory/revision.ts";

/** A stream ends after this long and the browser opens the next one, so that an ended session is noticed. */
const streamSeconds = 60;

/** One number whenever something that a page shows may have changed. No data: the page asks for that itself, with its rights. */
export async function GET(request: Request): Promise<Response> {
  if (!(await findActor())) return new Response(null, { status: 401 });
  const encoder = new TextEncoder();
  let end = () => {};
  const stream = new ReadableStream({
    start(controller) {
      const tell = (revision: number) => controller.enqueue(encoder.encode(`data: ${revision}\n\n`));
      const stop = subscribeRevision(tell);
      const timer = setTimeout(() => end(), streamSeconds * 1000);
      end = () => {
        end = () => {};
        clearTimeout(timer);
        stop();
        controller.close();
      };
      controller.enqueue(encoder.encode("retry: 1000\n\n"));
      tell(currentRevision());
      request.signal.addEventListener("abort", () => end());
    },
    cancel: () => end(),
  });
  return new Response(stream, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" },
  });
}
