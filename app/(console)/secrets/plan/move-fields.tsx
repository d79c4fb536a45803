import type { ReactNode } from "react";
import { CheckField } from "#components/check-field.tsx";
import { Disclosure } from "#components/disclosure.tsx";
import { KeepField, orderOptions, SoakField } from "#components/plan/rotation-fields.tsx";
import { SelectField } from "#components/select-field.tsx";
import type { GrantView, MemberView } from "#lib/inventory/schema.ts";
import type { Plan } from "#lib/operations/schema.ts";
import { mostCareful } from "#lib/rotation/schema.ts";
import { duration } from "#lib/words.ts";
import { type Fields, listOf, textOf } from "./fields.ts";
import { hasProblem, type Problems } from "./problems.ts";

type Moved = Omit<MemberView, "sourceName" | "rotatorName">;

type Props = {
  /** All that get a new version, be it one. */
  secrets: readonly Moved[];
  fields: Fields;
  plan: Plan | null;
  problems: Problems;
  /** In an emergency nothing is kept. */
  isEmergency?: boolean | undefined;
  children?: ReactNode;
};

/** How services move, which is the same for all of the secrets: folded, with what holds if nobody opens it. */
export function MoveFields(props: Props) {
  const { secrets, fields, problems, plan, isEmergency, children } = props;
  return (
    <Disclosure
      title="How services move"
      now={movedText(props)}
      isOpen={hasProblem(problems, /^((soak|keep)Seconds|canaryServiceId)$/)}
    >
      <div className="grid gap-4 md:grid-cols-2">
        <SelectField
          label="Order of services"
          name="order"
          defaultValue={textOf(fields, "order") || usualOrder(secrets)}
          options={orderOptions}
        />
        <CanaryField secrets={secrets} fields={fields} plan={plan} />
        <SoakField
          defaultValue={textOf(fields, "soakSeconds")}
          placeholder={usually(secrets, ({ soakSeconds }) => soakSeconds)}
          error={problems.soakSeconds}
        />
        {!isEmergency && (
          <KeepField
            defaultValue={textOf(fields, "keepSeconds")}
            placeholder={usually(secrets, ({ keepSeconds }) => keepSeconds)}
            error={problems.keepSeconds}
          />
        )}
      </div>
      {children}
      <ServiceTicks secrets={secrets} fields={fields} />
    </Disclosure>
  );
}

function CanaryField({ secrets, fields, plan }: Pick<Props, "secrets" | "fields" | "plan">) {
  const order = textOf(fields, "order") || usualOrder(secrets);
  const out = listOf(fields, "leaveOut");
  const included = listOf(fields, "include");
  const able = servicesOf(secrets).filter(
    ({ serviceId, kind }) =>
      kind !== "asleep" && !out.includes(serviceId) && (kind !== "runs-to-end" || included.includes(serviceId)),
  );
  if (order !== "canary" || able.length < 2) return null;
  const isChosen = textOf(fields, "canaryServiceId") !== "";
  const usual = isChosen ? undefined : able.find(({ serviceId }) => serviceId === plan?.canaryServiceId);
  return (
    <SelectField
      key={able.map(({ serviceId }) => serviceId).join(" ")}
      label="The first one"
      name="canaryServiceId"
      defaultValue={textOf(fields, "canaryServiceId")}
      options={[
        { value: "", label: usual ? `As Skep chooses: ${usual.serviceName}` : "As Skep chooses" },
        ...able.map(({ serviceId, serviceName, hasHealthCheck }) => ({
          value: serviceId,
          label: hasHealthCheck ? serviceName : `${serviceName}, no health check`,
        })),
      ]}
    />
  );
}

/** Which of the services stay, and which run again although they run to their end. */
export function ServiceTicks({ secrets, fields }: Pick<Props, "secrets" | "fields">) {
  const services = servicesOf(secrets);
  const staying = listOf(fields, "leaveOut");
  if (services.length === 0) return null;
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1 font-medium">Services that differ</legend>
      {services.map(({ serviceId, serviceName, kind }) =>
        kind === "runs-to-end" ? (
          <CheckField
            key={serviceId}
            name="include[]"
            value={serviceId}
            defaultChecked={listOf(fields, "include").includes(serviceId)}
            label={`Include ${serviceName}`}
            hint="It runs to its end: moving it makes it run again."
          />
        ) : (
          <CheckField
            key={serviceId}
            name="leaveOut[]"
            value={serviceId}
            defaultChecked={staying.includes(serviceId)}
            label={`Leave out ${serviceName}`}
            hint={staying.includes(serviceId) ? "It stays on its version, which is then kept." : undefined}
          />
        ),
      )}
    </fieldset>
  );
}

function servicesOf(secrets: readonly Moved[]): GrantView[] {
  const grants = secrets.flatMap((secret) => secret.grants);
  const services = [...new Map(grants.map((grant) => [grant.serviceId, grant])).values()];
  return secrets.length > 1 ? services.sort((a, b) => a.serviceName.localeCompare(b.serviceName)) : services;
}

function usualOrder(secrets: readonly Moved[]): string {
  return mostCareful(secrets.flatMap(({ settings }) => settings?.order ?? []));
}

/** What holds where nothing is written; of several secrets that differ, each keeps its own. */
function usually(
  secrets: readonly Moved[],
  secondsOf: (settings: NonNullable<MemberView["settings"]>) => number | null,
): string | undefined {
  const [seconds, ...others] = new Set(secrets.map(({ settings }) => settings && secondsOf(settings)));
  if (others.length > 0) return "as each secret says";
  return seconds == null ? undefined : duration(seconds);
}

function movedText({ secrets, fields, plan, isEmergency }: Props): string {
  const moving = plan?.changes.filter(({ leftOut }) => leftOut === null) ?? [];
  const out = (plan?.changes.length ?? 0) - moving.length;
  const canary = moving.find(({ serviceId }) => serviceId === plan?.canaryServiceId)?.serviceName;
  const order = { canary: `${canary ?? "one"} first`, together: "all together", "one-by-one": "one by one" };
  return [
    ...(plan && moving.length > 1 ? [order[plan.order]] : []),
    ...(out > 0 ? [`${out} left out`] : []),
    ...(textOf(fields, "soakSeconds") ? [`soak ${textOf(fields, "soakSeconds")}`] : []),
    ...(isEmergency ? [] : [keptText(secrets, plan)]),
  ].join(", ");
}

function keptText(secrets: readonly Moved[], plan: Plan | null): string {
  const planned = plan?.retire.map(({ keepSeconds }) => keepSeconds) ?? [];
  const usual = secrets.map(({ settings }) => settings?.keepSeconds ?? 0);
  const keeps = [...new Set(planned.length > 0 ? planned : usual)].sort((a, b) => a - b);
  const [least = 0] = keeps;
  const most = keeps.at(-1) ?? 0;
  const [versions, go, are] =
    secrets.length > 1 ? ["the old versions", "go", "are"] : ["the old version", "goes", "is"];
  if (most === 0) return `${versions} ${go} at once`;
  return `${versions} ${are} kept ${least === most ? duration(most) : `${duration(least)} to ${duration(most)}`}`;
}
