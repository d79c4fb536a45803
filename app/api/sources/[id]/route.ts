import { answerWebhook } from "#lib/settings/source-webhook.ts";

/** A source says that something changed there. Signed as Standard Webhooks are. */
export async function POST(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return new Response(null, { status: await answerWebhook(id, request) });
}
