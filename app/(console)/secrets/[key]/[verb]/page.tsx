import { TriangleAlert } from "lucide-react";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { ButtonLink } from "#components/button.tsx";
import { Mono } from "#components/mono.tsx";
import { Notice } from "#components/notice.tsx";
import { OptionsForm } from "#components/plan/options-form.tsx";
import { PlanCard } from "#components/plan/plan-card.tsx";
import { PlanForm } from "#components/plan/plan-form.tsx";
import { PlanView } from "#components/plan/plan-view.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { findSecret, listServices } from "#lib/inventory/queries.ts";
import type { ShownPlan } from "#lib/operations/schema.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { type Prepared, sentenceFor } from "../../prepared.ts";
import { type Fields, fieldsOf, hiddenOf, textOf } from "./fields.ts";
import { fieldNames, Options } from "./options.tsx";
import { type Verb, verbs, withDefaults } from "./verbs.ts";

type Props = {
  params: Promise<{ key: string; verb: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const verb = verbs[(await params).verb];
  return { title: verb?.title ?? "Not found" };
}

/** One action on one secret: what the plan is made of, the plan, and the button that names its effect. */
export default async function ActionPage({ params, searchParams }: Props) {
  const { key, verb: name } = await params;
  const actor = await requireActor();
  const verb = verbs[name];
  const secret = await findSecret(actor, key);
  if (!verb || !secret) notFound();
  const fields = withDefaults(name, secret, fieldsOf(await searchParams));
  const { shown, problems } = { problems: {}, ...(await preparedPlan(verb, actor, fields)) };
  const sentence = sentenceFor(problems, fieldNames[name] ?? []);
  const services = name === "grant" ? await listServices(actor) : [];
  const back = `/secrets/${key}`;
  return (
    <PlanCard
      here={`${verb.title} ${secret.name}`}
      title={<Title verb={verb} secretName={secret.name} shown={shown} />}
      sentence={verb.sentence}
    >
      <OptionsForm>
        <Options
          verb={name}
          secret={secret}
          fields={fields}
          services={services}
          plan={shown?.plan ?? null}
          problems={problems}
        />
      </OptionsForm>
      {shown ? (
        <PlanForm
          shown={shown}
          action={verb.action}
          hidden={hiddenOf(fields)}
          submitLabel={verb.submit(shown.plan)}
          isDanger={verb.isDanger}
          asksValue={shown.plan.create.some(({ value }) => value.from === "typed")}
          cancelHref={back}
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
            <ButtonLink href={back}>Back to the secret</ButtonLink>
          </div>
        </div>
      )}
    </PlanCard>
  );
}

function Title({ verb, secretName, shown }: { verb: Verb; secretName: string; shown: ShownPlan | null }) {
  const [moved] = shown?.plan.secrets ?? [];
  const hasMove =
    moved && moved.fromVersion !== null && moved.toVersion !== null && moved.fromVersion !== moved.toVersion;
  return (
    <>
      {verb.title} <Mono>{secretName}</Mono>
      {hasMove && (
        <span className="text-faint">
          {" "}
          v{moved.fromVersion} → v{moved.toVersion}
        </span>
      )}
    </>
  );
}

/** No plan and no problem, while something has yet to be chosen. */
async function preparedPlan(verb: Verb, actor: Actor, fields: Fields): Promise<Prepared> {
  if (verb.needs?.some((name) => textOf(fields, name) === "")) return { shown: null, problems: {} };
  return verb.prepare(actor, fields);
}
