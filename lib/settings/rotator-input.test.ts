import { describe, expect, it } from "vitest";
import { rotatorInput } from "./rotator-input.ts";

const postgresql = {
  name: "shop-db",
  kind: "postgresql",
  host: "db.internal",
  port: "",
  database: "shop",
  user: "skep",
  credential: "shop_db",
  usesTls: "true",
  login: "app_a",
  secondLogin: "app_b",
};
const http = { name: "partner", kind: "http", address: "https://partner.example/rotate", credential: "partner_key" };

const problemsOf = (fields: object) => {
  const parsed = rotatorInput.safeParse(fields);
  return Object.fromEntries((parsed.error?.issues ?? []).map(({ path, message }) => [path.join("."), message]));
};

describe("a rotator's form", () => {
  it("is read into settings of its kind, whatever the other kind's fields hold", () => {
    expect(rotatorInput.parse({ ...postgresql, address: "nonsense", keepsOld: "true" })).toEqual({
      name: "shop-db",
      settings: {
        kind: "postgresql",
        host: "db.internal",
        port: 5432,
        database: "shop",
        user: "skep",
        credential: "shop_db",
        usesTls: true,
        logins: ["app_a", "app_b"],
        allowsPrivateAddresses: false,
        authorityFile: null,
      },
    });
    expect(
      rotatorInput.parse({ ...http, keepsOld: "true", allowsPrivateAddresses: "true", authorityFile: "own_ca" }),
    ).toEqual({
      name: "partner",
      settings: {
        kind: "http",
        address: "https://partner.example/rotate",
        credential: "partner_key",
        logins: [],
        keepsOld: true,
        allowsPrivateAddresses: true,
        authorityFile: "own_ca",
      },
    });
  });

  it("takes a tick that was taken away for a no", () => {
    const { usesTls: _unticked, ...sent } = postgresql;
    expect(rotatorInput.parse(sent).settings).toMatchObject({ usesTls: false, allowsPrivateAddresses: false });
  });

  it("takes one login from whichever field it was written into", () => {
    const only = { ...postgresql, login: "", secondLogin: "app_b" };
    expect(rotatorInput.parse(only).settings).toMatchObject({ logins: ["app_b"] });
  });

  it.each([
    [{ login: "", secondLogin: "" }, "login"],
    [{ login: "app b" }, "login"],
    [{ secondLogin: "app b" }, "secondLogin"],
    [{ login: "", secondLogin: "app b" }, "secondLogin"],
    [{ secondLogin: "app_a" }, "secondLogin"],
    [{ login: "skep" }, "login"],
    [{ secondLogin: "skep" }, "secondLogin"],
    [{ login: "", secondLogin: "skep" }, "secondLogin"],
    [{ port: "0" }, "port"],
    [{ port: "five" }, "port"],
    [{ port: "5432.5" }, "port"],
    [{ port: "65536" }, "port"],
    [{ host: "db:5432/shop" }, "host"],
    [{ host: "" }, "host"],
    [{ database: "" }, "database"],
    [{ user: "" }, "user"],
    [{ credential: "../key" }, "credential"],
    [{ authorityFile: "/etc/ca" }, "authorityFile"],
    [{ name: "of my shop" }, "name"],
  ])("says of %j in one sentence beside the field what is wrong", (wrong, field) => {
    const problems = problemsOf({ ...postgresql, ...wrong });
    expect(Object.keys(problems)).toEqual([field]);
    expect(problems[field]).toMatch(/^[A-Z].*\.$/);
    expect(problems[field]).not.toMatch(/expected|received|Invalid/);
  });

  it.each([
    "ftp://partner.example",
    "partner.example",
    "https://me:it@partner.example",
    "https://partner.example?key=1",
  ])("refuses the address %s", (address) => expect(Object.keys(problemsOf({ ...http, address }))).toEqual(["address"]));

  it("refuses a kind that there is not, and tells all that is wrong at once", () => {
    expect(problemsOf({ ...http, kind: "mysql" })).toEqual({ kind: "Choose what kind of rotator it is." });
    const wrong = problemsOf({ ...postgresql, name: "", host: "", login: "", secondLogin: "" });
    expect(Object.keys(wrong).sort()).toEqual(["host", "login", "name"]);
  });
});
