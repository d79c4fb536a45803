import { answerActivity } from "#lib/auth/routes.ts";

export { answerActivity as POST };
