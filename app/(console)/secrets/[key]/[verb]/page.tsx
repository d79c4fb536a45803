import type { Metadata } from "next";
import { notFound, redirect } from "next/navigation";
import { Mono } from "#components/mono.tsx";
import { NotAllowed } from "#components/not-allowed.tsx";
import { OptionsForm } from "#components/plan/options-form.tsx";
import { PlanCard } from "#components/plan/plan-card.tsx";
import { PlanForm } from "#components/plan/plan-form.tsx";
import { PlanView } from "#components/plan/plan-view.tsx";
import { WhyNot } from "#components/plan/why-not.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { findSecret, listServices } from "#lib/inventory/queries.ts";
import type { SecretView } from "#lib/inventory/schema.ts";
import type { Plan } from "#lib/operations/schema.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { askedIn, type Fields, fieldsOf, hiddenOf, inputOf, textOf } from "../../plan/fields.ts";
import { openQuestions, type Prepared, sentenceFor } from "../../plan/prepared.ts";
import { rotationHref } from "../../rotate/href.ts";
import type { Verb } from "./verb.ts";
import { findVerb, mayBegin, withDefaults } from "./verbs.ts";

/** One password in several secrets changes in all of them at once. */
function goTogether({ id, attachment }: SecretView): void {
  if (!id || !attachment || attachment.together.length === 0) return;
  redirect(rotationHref([{ secretId: id }, ...attachment.together]));
}

type Props = {
  params: Promise<{ key: string; verb: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const verb = findVerb((await params).verb);
  return { title: verb?.title ?? "Not found" };
}

/** One action on one secret: what the plan is made of, the plan, and the button that names its effect. */
export default async function ActionPage({ params, searchParams }: Props) {
  const { key, verb: name } = await params;
  const actor = await requireActor();
  const verb = findVerb(name);
  const secret = await findSecret(actor, key);
  if (!verb || !secret) notFound();
  if (!mayBegin(actor, verb, secret)) return <NotAllowed backHref={`/secrets/${key}`} />;
  const query = await searchParams;
  if (name === "rotate") goTogether(secret);
  // Nobody has answered anything yet: what is open is said, but nothing is marked as wrong.
  const isUntouched = Object.keys(query).length === 0;
  const fields = withDefaults(verb, secret, fieldsOf(query));
  const { shown, problems } = await preparedFor(verb, actor, fields);
  const services = verb.asksForServices ? await listServices(actor) : [];
  const plan = shown?.plan ?? null;
  return (
    <PlanCard
      here={`${verb.title} ${secret.name}`}
      title={<Title verb={verb} secretName={secret.name} plan={plan} />}
      sentence={verb.sentence}
    >
      {verb.Options && (
        <OptionsForm>
          <verb.Options
            secret={secret}
            fields={fields}
            services={services}
            plan={plan}
            problems={isUntouched ? {} : problems}
          />
        </OptionsForm>
      )}
      <PlanForm
        shown={shown}
        action={verb.action}
        hidden={hiddenOf(inputOf(fields))}
        submitLabel={plan ? verb.submit(plan) : (verb.idle ?? verb.title.replace(/ (of|for)$/, ""))}
        isDanger={verb.isDanger}
        values={verb.takesValue ? askedIn(fields, secret.name) : []}
        cancelHref={`/secrets/${key}`}
        view={
          plan ? (
            <PlanView plan={plan} canInclude={verb.takesValue || verb.canInclude} />
          ) : (
            <WhyNot sentence={isUntouched ? openQuestions(problems) : sentenceFor(problems, ownFields)} />
          )
        }
      />
    </PlanCard>
  );
}

function Title({ verb, secretName, plan }: { verb: Verb; secretName: string; plan: Plan | null }) {
  const moved = plan?.secrets[0];
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

/** No plan yet, and no complaint either, while something has still to be chosen. */
async function preparedFor(verb: Verb, actor: Actor, fields: Fields): Promise<Prepared> {
  if (verb.needs?.some((name) => textOf(fields, name) === "")) return { shown: null, problems: {} };
  return verb.prepare(actor, fields);
}

/** Fields of these pages alone that say what is wrong with them. */
const ownFields = ["serviceId", "versionId", "target", "uid", "gid", "mode"];
