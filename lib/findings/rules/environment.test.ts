import { describe, expect, it } from "vitest";
import { sampleService } from "#lib/swarm/sample.ts";
import { lineOf, sampleInput, sampleSwarm } from "../sample.ts";
import { looksLikeSecret, secretInEnvironment } from "./environment.ts";

describe("a variable", () => {
  it.each([
    ...[
      "PASSWORD",
      "DB_PASSWORD",
      "MYSQL_ROOT_PASSWORD",
      "dbPassword",
      "PGPASSWORD",
      "REDIS_PASS",
      "API_KEY",
      "APIKEY",
    ],
    ...["AWS_SECRET_ACCESS_KEY", "JWT_SECRET", "GITHUB_TOKEN", "apiKey", "SECRET_KEY", "DB_PWD", "GCP_CREDENTIALS"],
  ])("%s sounds like a secret", (name) => {
    expect(looksLikeSecret(name)).toBe(true);
  });

  it.each([
    ...["PASSWORD_FILE", "DB_PASSWORD_FILE", "PWD", "OLDPWD", "PUBLIC_KEY", "TOKEN_TTL", "MONKEY", "COMPASS"],
    ...["LOG_LEVEL", "KEYCLOAK_URL", "SECRET_NAME", "PATH", "TURKEY_MODE"],
  ])("%s does not", (name) => {
    expect(looksLikeSecret(name)).toBe(false);
  });
});

describe("secrets in the environment", () => {
  it("are found by the names of variables", () => {
    const service = sampleService({ name: "catalog", environmentNames: ["MONGO_PASSWORD", "LOG_LEVEL", "API_KEY"] });
    const [found] = secretInEnvironment(
      sampleInput({ snapshot: sampleSwarm({ services: new Map([[service.id, service]]) }) }),
    );
    expect(found && lineOf(found)).toBe("catalog has MONGO_PASSWORD and API_KEY in its environment");
    expect(found).toMatchObject({ severity: "soon", mend: { href: "/services/service-catalog" } });
  });
});
