import { expect, test } from "vitest";
import { listStateOf, matching, searchOf } from "./list-schema.ts";

test("a list's state survives its way through the address", () => {
  const state = { text: "db shop", filter: "due", sort: { id: "age", isDescending: true } };
  expect(listStateOf(new URLSearchParams(searchOf(state, "")))).toEqual(state);
});

test("the list leaves alone what in the address is not its own", () => {
  expect(searchOf({ text: "", filter: null, sort: null }, "?q=old&tab=versions")).toBe("?tab=versions");
});

test("every word must occur, in any order and any case", () => {
  const rows = ["db_password", "db_admin"];
  expect(matching(rows, ["db_password shop_api", "db_admin shop_web"], "SHOP admin")).toEqual(["db_admin"]);
  expect(matching(rows, ["db_password", "db_admin"], "  ")).toEqual(rows);
});
