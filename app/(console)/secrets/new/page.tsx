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
import { listServices } from "#lib/inventory/queries.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { planCreate } from "#lib/secrets/create.ts";
import { createInput } from "#lib/secrets/schema.ts";
import { type Fields, fieldsOf, hiddenOf, textOf } from "../[key]/[verb]/fields.ts";
import { type Prepared, prepared, sentenceFor } from "../prepared.ts";
import { create } from "./actions.ts";
import { NewSecretOptions } from "./options.tsx";

export const metadata: Metadata = { title: "New secret" };

type Query = Record<string, string | string[] | undefined>;

/** A new secret: its name and what people should know, where its value comes from, who gets it at once, the plan, go. */
export default async function NewSecretPage({ searchParams }: { searchParams: Promise<Query> }) {
  const actor = await requireActor();
  const asked = fieldsOf(await searchParams);
  const fields: Fields = { source: "typed", ...asked };
  const [plan, services] = await Promise.all([prepare(actor, fields), listServices(actor)]);
  const { shown, problems } = { problems: {}, ...plan };
  const sentence = sentenceFor(problems, ["name", "owner", "tags", "description"]);
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
        <NewSecretOptions fields={fields} services={services} problems={problems} />
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

/** Before it has a name there is nothing to plan. */
async function prepare(actor: Actor, fields: Fields): Promise<Prepared> {
  if (textOf(fields, "name") !== "") return prepared(createInput, planCreate, { actor, fields });
  return { shown: null, problems: { "": "Give it a name first; the plan then shows what will be made." } };
}
