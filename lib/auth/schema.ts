import { z } from "zod";
import { type Role, roles } from "#lib/policy/schema.ts";

/**
 * What a form gets back from its action. `fields` and `lists` are what the person had entered, without files,
 * passwords and values; React empties a form after each action, so a form shows these as its defaults.
 */
export type FormState<Result = null> = {
  status: "idle" | "error" | "done";
  fields: Record<string, string>;
  /** Names that came several times, and those ending in `[]`, without the brackets. */
  lists: Record<string, string[]>;
  fieldErrors: Record<string, string>;
  formError: string | null;
  /** What the action made, for the one answer that shows it (a link, a generated value). */
  result: Result | null;
};

/** A form that nothing has happened to yet. */
export const idleForm = {
  status: "idle",
  fields: {},
  lists: {},
  fieldErrors: {},
  formError: null,
  result: null,
} satisfies FormState;

/** Long is strong: no rules of composition, which make people write Password1! */
export const minimumPasswordCharacters = 12;
const maximumPasswordCharacters = 1024;

const email = z
  .string("Enter an e-mail address.")
  .trim()
  .toLowerCase()
  .max(254, "This e-mail address is too long.")
  .pipe(z.email("This is not an e-mail address. It looks like ada@example.org."));
/** Nobody reads them, and some turn the writing around: with them one name looks like another. */
const unseen = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/u;
/** What the history calls those who are no person. */
const notPeople = /^(skep|outside skep|somebody|schedule\b.*)$/i;
const personName = z
  .string("Enter a name.")
  .trim()
  .min(1, "Enter a name, as the history should show it.")
  .max(80, "A name has at most 80 characters.")
  .refine((name) => !unseen.test(name), "This name holds characters that nobody sees. Type it anew.")
  .refine((name) => !notPeople.test(name), "The history calls something else by this name. Choose another.");
const newPassword = z
  .string("Enter a password.")
  .min(minimumPasswordCharacters, `This is shorter than ${minimumPasswordCharacters} characters. Add a word or two.`)
  .max(maximumPasswordCharacters, `A password has at most ${maximumPasswordCharacters} characters.`);
const existingPassword = z
  .string("Enter your password.")
  .min(1, "Enter your password.")
  .max(maximumPasswordCharacters, "This password is too long.");
const token = z.string().max(100);
const personId = z.string().max(64);

export const signInInput = z.object({ email, password: existingPassword, returnTo: z.string().max(2000).default("/") });
export const setUpInput = z.object({ token, name: personName, email, password: newPassword });
export const joinInput = z.object({ token, name: personName, password: newPassword });
export const passwordLinkInput = z.object({ token, password: newPassword });
/** For buttons: the action is all there is to say. */
export const nothingInput = z.object({});
export const inviteInput = z.object({ email, role: z.enum(roles, "Choose a role.") });
export const withdrawInput = z.object({ invitationId: z.string().max(64), role: z.enum(roles) });
export const changeRoleInput = z.object({ personId, role: z.enum(roles, "Choose a role.") });
export const personInput = z.object({ personId });
export const changePasswordInput = z.object({ currentPassword: existingPassword, newPassword });
export const revokeSessionInput = z.object({ sessionId: z.string().max(64), personId });

export type SetUpInput = z.output<typeof setUpInput>;
export type JoinInput = z.output<typeof joinInput>;
export type InviteInput = z.output<typeof inviteInput>;
export type ChangePasswordInput = z.output<typeof changePasswordInput>;

/** What each role may do, in the words of the invitation form. */
export const roleSentences: Record<Role, string> = {
  viewer: "Sees everything but values, changes nothing.",
  auditor: "A viewer who can also verify and export the history.",
  operator: "Creates, grants, rotates and rolls back.",
  administrator: "Everything: also retires, invites people, changes settings and handles emergencies.",
};

export type PersonRow = {
  id: string;
  name: string;
  email: string;
  role: Role;
  /** ISO 8601; null while the person may sign in. */
  disabledAt: string | null;
  /** ISO 8601; null when no session of the person is left. */
  lastActiveAt: string | null;
  sessions: number;
  isSelf: boolean;
  can: "person.change"[];
};

export type InvitationRow = { id: string; email: string; role: Role; invitedBy: string; endsAt: string };

export type PeopleView = { people: PersonRow[]; invitations: InvitationRow[] };

export type SessionRow = {
  id: string;
  personId: string;
  personName: string;
  createdAt: string;
  activeAt: string;
  endsAt: string;
  address: string | null;
  userAgent: string | null;
  isCurrent: boolean;
};

/** The person of the frame: who is signed in, and what the frame may offer. */
export type SignedInView = { name: string; email: string; role: Role };
