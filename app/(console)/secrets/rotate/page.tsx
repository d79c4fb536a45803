import type { Metadata } from "next";
import Link from "next/link";
import { Mono } from "#components/mono.tsx";
import { NotAllowed } from "#components/not-allowed.tsx";
import { OptionsForm } from "#components/plan/options-form.tsx";
import { PlanCard } from "#components/plan/plan-card.tsx";
import { PlanForm } from "#components/plan/plan-form.tsx";
import { PlanView } from "#components/plan/plan-view.tsx";
import { WhyNot } from "#components/plan/why-not.tsx";
import { requireActor } from "#lib/auth/require.ts";
import { findMembers, listSecrets, listServices } from "#lib/inventory/queries.ts";
import type { MemberView } from "#lib/inventory/schema.ts";
import type { Plan } from "#lib/operations/schema.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import { planGroup } from "#lib/rotation/group.ts";
import { groupInput } from "#lib/rotation/schema.ts";
import { valueField } from "#lib/secrets/schema.ts";
import { counted } from "#lib/words.ts";
import { chosenSecrets, type Fields, fieldsOf, hiddenOf, inputOf, textOf } from "../plan/fields.ts";
import { openQuestions, prepared, sentenceFor } from "../plan/prepared.ts";
import { rotateTogether } from "./actions.ts";
import { answeredFields, shownFields } from "./answers.ts";
import { type Chosen, chosenIn } from "./chosen.ts";
import { GroupOptions } from "./group-options.tsx";

export const metadata: Metadata = { title: "Rotate together" };

type Query = Record<string, string | string[] | undefined>;

/** Several secrets in one operation: where each value comes from, the one plan of all, and the button that names its effect. */
export default async function GroupPage({ searchParams }: { searchParams: Promise<Query> }) {
  const actor = await requireActor();
  const asked = fieldsOf(await searchParams);
  const [{ rows }, services] = await Promise.all([listSecrets(actor), listServices(actor)]);
  const chosen = chosenIn(asked, rows, services);
  if (!isAllowed(actor, "secret.rotate", { secretIds: ["any"] })) return <NotAllowed backHref="/secrets" />;
  const members = await findMembers(actor, chosen.secretIds);
  const fields = shownFields({ ...asked, secret: chosen.secretIds }, members);
  const answers = answeredFields(fields, members);
  const { shown, problems } = await prepared(groupInput, planGroup, { actor, fields: answers });
  // Nobody has answered anything yet: what is open is said, but nothing is marked as wrong.
  const isUntouched = !("asked" in asked);
  const plan = shown?.plan ?? null;
  const count = chosenSecrets(fields).length;
  return (
    <PlanCard
      here="Rotate together"
      title={<Title fields={fields} count={count} />}
      sentence="Each gets a new version. A service moves once, with all of them that it holds, and Skep watches that it runs."
    >
      <OptionsForm>
        <Context chosen={chosen} />
        <GroupOptions
          members={members}
          fields={fields}
          answers={answers}
          plan={plan}
          problems={isUntouched ? {} : problems}
        />
      </OptionsForm>
      <PlanForm
        shown={shown}
        action={rotateTogether}
        hidden={hiddenOf(inputOf(answers))}
        submitLabel={submitText(count, plan)}
        values={valuesAsked(answers, members)}
        cancelHref={cancelHref(fields)}
        view={
          plan ? (
            <PlanView plan={plan} canInclude />
          ) : (
            <WhyNot sentence={isUntouched ? openQuestions(problems) : sentenceFor(problems)} />
          )
        }
      />
    </PlanCard>
  );
}

function Title({ fields, count }: { fields: Fields; count: number }) {
  const stack = textOf(fields, "stack");
  return (
    <>
      Rotate {counted(count, "secret")}
      {stack && (
        <>
          {" "}
          of the stack <Mono>{stack}</Mono>
        </>
      )}
    </>
  );
}

function Context({ chosen: { leftOut, wider } }: { chosen: Chosen }) {
  if (!leftOut && !wider) return null;
  return (
    <p className="text-soft">
      {leftOut}{" "}
      {wider && (
        <>
          The stack <Mono>{wider.stack}</Mono> has {counted(wider.more, "secret")} more:{" "}
          <Link
            href={`/secrets/rotate?stack=${encodeURIComponent(wider.stack)}`}
            prefetch={false}
            className="font-medium text-ink underline underline-offset-2"
          >
            rotate the whole stack
          </Link>
          .
        </>
      )}
    </p>
  );
}

function valuesAsked(fields: Fields, members: ReadonlyMap<string, MemberView>) {
  const typed = chosenSecrets(fields).filter(({ suffix }) => textOf(fields, `source${suffix}`) === "typed");
  return typed.map(({ secretId }) => ({
    field: valueField(secretId),
    secretId,
    name: members.get(secretId)?.name ?? "",
  }));
}

function submitText(count: number, plan: Plan | null): string {
  const moved = plan?.changes.filter(({ leftOut }) => leftOut === null).length ?? 0;
  return moved === 0
    ? `Rotate ${counted(count, "secret")}`
    : `Rotate ${counted(count, "secret")} in ${counted(moved, "service")}`;
}

function cancelHref(fields: Fields): string {
  const service = textOf(fields, "service");
  return service ? `/services/${service}` : "/secrets";
}
