import { exportEvents } from "#lib/audit/export.ts";
import { findPermit } from "#lib/auth/require.ts";
import { filterOf } from "../filter.ts";

/** What is filtered, as one JSON line per event, in the order of the chain. That somebody exports is an event itself. */
export async function GET(request: Request): Promise<Response> {
  const permit = await findPermit("audit.export", {});
  if (!permit) return new Response("Only auditors and administrators export the history.\n", { status: 403 });
  // The list shows the steps of an operation when it is opened; the chain has them all.
  const lines = exportEvents(permit, { ...filterOf(new URL(request.url).searchParams), withCalls: true });
  const encoder = new TextEncoder();
  const stream = new ReadableStream({
    async pull(controller) {
      const { value, done } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value.endsWith("\n") ? value : `${value}\n`));
    },
    async cancel() {
      await lines.return(undefined);
    },
  });
  return new Response(stream, {
    headers: {
      "Content-Type": "application/x-ndjson; charset=utf-8",
      "Content-Disposition": 'attachment; filename="skep-history.ndjson"',
      "Cache-Control": "no-store",
    },
  });
}
