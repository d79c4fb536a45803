import "server-only";
import type { OtherSide } from "../model/other-side.ts";
import type { HistoryDrawn, RotatedDrawn } from "./history-schema.ts";

/** The rotator of a history, and the secrets that have its password. */
export type Attachment = {
  rotatorId: string;
  rotatorName: string;
  /** One login, two by turns, or none. */
  logins: readonly string[];
  /** The old password works on while services move. */
  keepsOld: boolean;
  /** It is told when the old one is not needed any more. */
  isTold: boolean;
  template: string;
  secretIds: readonly string[];
};

const withUser = "{{user}}:{{password}}";
const rotators: Record<RotatedDrawn, Omit<Attachment, "secretIds">> = {
  rotator: {
    rotatorId: "rotator-two",
    rotatorName: "orders",
    logins: ["app_a", "app_b"],
    keepsOld: true,
    isTold: false,
    template: withUser,
  },
  "rotator-one": {
    rotatorId: "rotator-one",
    rotatorName: "stock",
    logins: ["app"],
    keepsOld: false,
    isTold: false,
    template: withUser,
  },
  "rotator-beside": {
    rotatorId: "rotator-beside",
    rotatorName: "keys",
    logins: [],
    keepsOld: true,
    isTold: true,
    template: "{{password}}",
  },
};

/** What the first start of the history that wants one says: a secret is not attached to several. */
export function attachmentIn({ first, acts }: HistoryDrawn, ownIds: readonly string[]): Attachment | null {
  for (const drawn of [first, ...acts.map(({ happening }) => happening)]) {
    if (!("verb" in drawn) || drawn.verb !== "rotate" || !isRotated(drawn.value)) continue;
    const secretId = ownIds[drawn.secret % ownIds.length];
    const secretIds = drawn.isGroup ? ownIds : ownIds.filter((id) => id === secretId);
    return { ...rotators[drawn.value], secretIds };
  }
  return null;
}

export function isRotated(value: string): value is RotatedDrawn {
  return value in rotators;
}

/** A secret's text as its template writes it. */
export function written({ logins }: Pick<Attachment, "logins">, login: string | null, password: string): string {
  return logins.length === 0 ? password : `${login}:${password}`;
}

/** Whether the other side takes what a secret says. */
export function isTaken(otherSide: OtherSide, { rotatorId, logins }: Attachment, text: string): boolean {
  if (logins.length === 0) return otherSide.accepts(rotatorId, null, text);
  const [login = "", password = ""] = text.split(":");
  return otherSide.accepts(rotatorId, login, password);
}
