import "server-only";

/** What Skep writes on objects of its own, and never on anybody else's. They find a half-made one; they prove nothing. */
export const ownLabels = "io.skep.";
/** On a secret: the operation that made it, which of its tries that was, and of which version it is the object. */
export const operationLabel = "io.skep.operation";
export const attemptLabel = "io.skep.attempt";
export const versionLabel = "io.skep.version";
/** On a service, by the operator: Skep itself runs in it. It goes last, since its restart takes the executor along. */
export const consoleLabel = "io.skep.console";
