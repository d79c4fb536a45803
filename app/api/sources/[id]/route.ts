import { noticeWebhook } from "#lib/settings/source-webhook.ts";

/** In bytes; a webhook says that something changed, and not what. */
const mostBytes = 64 * 1024;

/** A source says that something changed there. Signed as Standard Webhooks are; who is not believed learns nothing else. */
export async function POST(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  if (Number(request.headers.get("content-length") ?? 0) > mostBytes) return new Response(null, { status: 413 });
  const body = Buffer.from(await request.arrayBuffer());
  if (body.length > mostBytes) return new Response(null, { status: 413 });
  const header = (name: string) => request.headers.get(`webhook-${name}`) ?? "";
  const webhook = { id: header("id"), timestamp: header("timestamp"), signature: header("signature"), body };
  return new Response(null, { status: (await noticeWebhook(id, webhook)) ? 202 : 401 });
}
