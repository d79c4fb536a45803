import type { Metadata } from "next";
import { Mono } from "#components/mono.tsx";
import { NotAllowed } from "#components/not-allowed.tsx";
import { OptionsForm } from "#components/plan/options-form.tsx";
import { PlanCard } from "#components/plan/plan-card.tsx";
import { PlanForm } from "#components/plan/plan-form.tsx";
import { PlanView } from "#components/plan/plan-view.tsx";
import { WhyNot } from "#components/plan/why-not.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { listServices } from "#lib/inventory/queries.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { planCreate } from "#lib/secrets/create.ts";
import { createInput, usualGenerator } from "#lib/secrets/schema.ts";
import { readDefaults } from "#lib/settings/defaults.ts";
import type { Defaults } from "#lib/settings/schema.ts";
import { exactDuration } from "#lib/words.ts";
import { askedIn, type Fields, fieldsOf, generatorFields, hiddenOf, inputOf, textOf } from "../plan/fields.ts";
import { type Prepared, prepared, sentenceFor } from "../plan/prepared.ts";
import { create } from "./actions.ts";
import { NewSecretOptions } from "./new-secret-options.tsx";

export const metadata: Metadata = { title: "New secret" };

type Query = Record<string, string | string[] | undefined>;

/** A new secret: its name and what people should know, where its value comes from, who gets it at once, the plan, go. */
export default async function NewSecretPage({ searchParams }: { searchParams: Promise<Query> }) {
  const actor = await requireActor();
  if (!isAllowed(actor, "secret.create", {})) return <NotAllowed backHref="/secrets" />;
  const fields = withDefaults(await readDefaults(), fieldsOf(await searchParams));
  const [{ shown, problems }, services] = await Promise.all([prepare(actor, fields), listServices(actor)]);
  const name = textOf(fields, "name");
  const plan = shown?.plan ?? null;
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
        <NewSecretOptions fields={fields} services={services} plan={plan} problems={problems} />
      </OptionsForm>
      <PlanForm
        shown={shown}
        action={create}
        hidden={hiddenOf(inputOf(fields))}
        submitLabel={plan ? `Create ${plan.create[0]?.objectName ?? name}` : "Create"}
        values={askedIn(fields, name)}
        cancelHref="/secrets"
        view={plan ? <PlanView plan={plan} /> : <WhyNot sentence={sentenceFor(problems)} />}
      />
    </PlanCard>
  );
}

function prepare(actor: Actor, fields: Fields): Promise<Prepared> {
  if (textOf(fields, "name") !== "") return prepared(createInput, planCreate, { actor, fields });
  const sentence = "Give it a name first; the plan then shows what will be made.";
  return Promise.resolve({ shown: null, problems: { "": sentence } });
}

/** As the defaults of the settings say; a soak that somebody has emptied stays empty. */
function withDefaults({ order, soakSeconds, keepSeconds }: Defaults, asked: Fields): Fields {
  return {
    source: "typed",
    order,
    keepSeconds: exactDuration(keepSeconds),
    soakSeconds: "asked" in asked || soakSeconds === null ? "" : exactDuration(soakSeconds),
    ...("make" in asked ? {} : generatorFields(usualGenerator)),
    ...asked,
  };
}
