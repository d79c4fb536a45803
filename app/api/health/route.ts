export const dynamic = "force-dynamic";

/** The console serves. Whether Postgres and the Swarm do is for those who are signed in. */
export function GET(): Response {
  return Response.json({ status: "serving" });
}
