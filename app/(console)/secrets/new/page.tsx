import { TriangleAlert } from "lucide-react";
import type { Metadata } from "next";
import { ButtonLink } from "#components/button.tsx";
import { Mono } from "#components/mono.tsx";
import { Notice } from "#components/notice.tsx";
import { OptionsForm } from "#components/plan/options-form.tsx";
import { PlanCard } from "#components/plan/plan-card.tsx";
import { PlanForm } from "#components/plan/plan-form.tsx";
import { PlanView } from "#components/plan/plan-view.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { isAppError } from "#lib/errors.ts";
import { listServices } from "#lib/inventory/queries.ts";
import type { ShownPlan } from "#lib/operations/schema.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { planCreate } from "#lib/secrets/create.ts";
import { createInput } from "#lib/secrets/schema.ts";
import { type Fields, fieldsOf, hiddenOf, textOf } from "../[key]/[verb]/fields.ts";
import { create } from "./actions.ts";
import { NewSecretOptions } from "./options.tsx";

export const metadata: Metadata = { title: "New secret" };

type Query = Record<string, string | string[] | undefined>;
type Prepared = { shown?: ShownPlan; nameError?: string; sentence?: string };

/** A new secret: its name and what people should know, where its value comes from, who gets it at once, the plan, go. */
export default async function NewSecretPage({ searchParams }: { searchParams: Promise<Query> }) {
  const actor = await requireActor();
  const asked = fieldsOf(await searchParams);
  const fields: Fields = { source: "typed", ...asked };
  const [{ shown, nameError, sentence }, services] = await Promise.all([prepare(actor, fields), listServices(actor)]);
  const name = textOf(fields, "name");
  return (
    <PlanCard
      here="New secret"
      title={
        name ? (
          <>
            New secret <Mono>{name}</Mono>
          </>
        ) : (
          "New secret"
        )
      }
      sentence="The value goes to the Swarm and nowhere else. Skep keeps its name, its owner and who has it."
    >
      <OptionsForm>
        <NewSecretOptions fields={fields} services={services} nameError={nameError} />
      </OptionsForm>
      {shown ? (
        <PlanForm
          shown={shown}
          action={create}
          hidden={hiddenOf(fields)}
          submitLabel={`Create ${shown.plan.create[0]?.objectName ?? name}`}
          asksValue={textOf(fields, "source") === "typed"}
          cancelHref="/secrets"
          view={<PlanView plan={shown.plan} />}
        />
      ) : (
        <div className="grid gap-4 border-line border-t px-5 py-4">
          {sentence && (
            <Notice tone="honey" icon={<TriangleAlert />}>
              {sentence}
            </Notice>
          )}
          <div className="flex justify-end">
            <ButtonLink href="/secrets">Cancel</ButtonLink>
          </div>
        </div>
      )}
    </PlanCard>
  );
}

async function prepare(actor: Actor, fields: Fields): Promise<Prepared> {
  if (textOf(fields, "name") === "")
    return { sentence: "Give it a name first; the plan then shows what will be made." };
  const input = createInput.safeParse(fields);
  if (!input.success) {
    const issue = input.error.issues[0];
    return issue?.path[0] === "name" ? { nameError: issue.message } : { sentence: issue?.message ?? "" };
  }
  try {
    return { shown: await planCreate(actor, input.data) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return error.field === "name" ? { nameError: error.publicMessage } : { sentence: error.publicMessage };
  }
}
