import { CircleCheck, TriangleAlert } from "lucide-react";
import { Notice } from "./notice.tsx";

type Mode = {
  /** How many logins services have by turns: none, one or two. */
  logins: number;
  /** The other side takes the old value, too, until the rotation is over. */
  keepsOld: boolean;
};

/** The same in two words, for a list. */
export function modeName({ logins, keepsOld }: Mode): string {
  if (logins === 2) return "Two logins";
  if (keepsOld) return "Keeps the old value";
  return logins === 1 ? "One login" : "No logins";
}

/** What a rotation means for the services, said before anybody chooses that it be so. */
export function RotatorMode(mode: Mode) {
  const isGentle = mode.logins === 2 || mode.keepsOld;
  return (
    <Notice tone={isGentle ? "neutral" : "honey"} icon={isGentle ? <CircleCheck /> : <TriangleAlert />}>
      {sentenceOf(mode)}
    </Notice>
  );
}

function sentenceOf({ logins, keepsOld }: Mode): string {
  if (logins === 2) {
    return "Two logins: the one that no service has gets a new password, and services move to it. The old one goes on working, so that no service fails, and a rotation can be undone.";
  }
  if (keepsOld) {
    return "It takes the old value, too, until every service has moved: no service fails, and a rotation can be undone.";
  }
  const [what, remedy] =
    logins === 1
      ? ["One login: from the moment its new password is set", "A second login avoids that."]
      : [
          "No logins: from the moment the new value is set",
          "It is avoided where the other side takes both for a while.",
        ];
  return `${what}, services that still have the old one cannot sign in until they have moved, and nothing can be undone. ${remedy}`;
}
