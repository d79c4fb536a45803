import { answerNextAuth } from "#lib/auth/routes.ts";

export { answerNextAuth as GET, answerNextAuth as POST };
