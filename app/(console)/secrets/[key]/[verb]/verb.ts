import type { ComponentType } from "react";
import type { PlanAction } from "#components/plan/plan-form.tsx";
import type { SecretView, ServiceRow } from "#lib/inventory/schema.ts";
import type { Plan } from "#lib/operations/schema.ts";
import type { Action, Actor } from "#lib/policy/schema.ts";
import type { Fields } from "../../plan/fields.ts";
import type { Prepared } from "../../plan/prepared.ts";
import type { Problems } from "../../plan/problems.ts";

/** What the options of any verb are made of: the secret, what the address has, and the plan that came of it. */
export type OptionsProps = {
  secret: SecretView;
  fields: Fields;
  /** Only where the verb asks for them. */
  services: ServiceRow[];
  plan: Plan | null;
  problems: Problems;
};

/** All that the page of an action has to know of it; `verbs.ts` lists them. */
export type Verb = {
  title: string;
  sentence: string;
  /** What the policy calls it. */
  right: Extract<Action, `secret.${string}`>;
  submit(plan: Plan): string;
  /** What the button says before there is a plan, where that is not the title. */
  idle?: string;
  isDanger?: boolean;
  /** Whether a person may enter the value of a new version here. */
  takesValue: boolean;
  /** Whether what runs to its end can be included here, where no value is entered. */
  canInclude?: boolean;
  asksForServices?: boolean;
  /** What must be chosen before there is a plan; without it the page only asks. */
  needs?: string[];
  /** What the address leaves open, as the secret itself would answer; what somebody has emptied stays empty. */
  defaults?(secret: SecretView, fields: Fields): Fields;
  /** What the plan is made of, for a person to change; null where there is nothing to choose. */
  Options: ComponentType<OptionsProps> | null;
  prepare(actor: Actor, fields: Fields): Promise<Prepared>;
  action: PlanAction;
};
