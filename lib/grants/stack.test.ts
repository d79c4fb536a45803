import { describe, expect, it } from "vitest";
import { composeLines } from "./stack.ts";

describe("the compose lines of a secret", () => {
  it("use the short form where the file is named after the secret", () => {
    expect(composeLines("db_password", "db_password_v7", "db_password")).toBe(`services:
  app:
    environment:
      DB_PASSWORD_FILE:
        /run/secrets/db_password
    secrets: [db_password]
secrets:
  db_password:
    external: true
    name: db_password_v7
`);
  });

  it("name the file where it is another one: the short form would not", () => {
    expect(composeLines("shop_key", "shop_key_v2", "session.key")).toContain(`      SESSION_KEY_FILE:
        /run/secrets/session.key
    secrets:
      - source: shop_key
        target: session.key
`);
  });

  it("point to the place itself where the file is outside /run/secrets", () => {
    const lines = composeLines("db", "db_v1", "/etc/worker/database-password");
    expect(lines).toContain("DATABASE_PASSWORD_FILE:\n        /etc/worker/database-password\n");
  });
});
