import { CheckField } from "#components/check-field.tsx";
import { Disclosure } from "#components/disclosure.tsx";
import { Field } from "#components/field.tsx";
import { KeepField, orderOptions, SoakField } from "#components/plan/rotation-fields.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { SelectField } from "#components/select-field.tsx";
import { generatorText } from "#lib/generate/schema.ts";
import type { GrantView, SecretView } from "#lib/inventory/schema.ts";
import { generator as generatorSchema } from "#lib/secrets/schema.ts";
import { duration } from "#lib/words.ts";
import { type Fields, inputOf, listOf, textOf } from "../../plan/fields.ts";
import { GeneratorFields } from "../../plan/generator-fields.tsx";
import type { Problems } from "../../plan/prepared.ts";
import { keptAnswer, OldValueField } from "./old-value-field.tsx";
import type { OptionsProps } from "./verb.ts";

/** Where the new value comes from; all else is folded, with what holds if nobody opens it. */
export function RotateOptions(props: OptionsProps & { isEmergency?: boolean }) {
  const { secret, fields, problems, plan, isEmergency } = props;
  const isTyped = textOf(fields, "source") === "typed";
  return (
    <>
      <RadioField
        label="The new value"
        name="source"
        defaultValue={textOf(fields, "source")}
        options={[
          { value: "generated", label: "Make one; nobody sees it", hint: "Services read it, people need not." },
          { value: "shown", label: "Make one and show it to me once", hint: "For whatever else has to know it." },
          { value: "typed", label: "I enter it", hint: "By typing, pasting or a file." },
        ]}
      />
      {isTyped && (
        <OldValueField
          label="While services move, does the old value still work?"
          secret={secret}
          fields={fields}
          problems={problems}
        />
      )}
      {!isTyped && (
        <Disclosure title="How it is made" now={madeText(fields)} isOpen={hasProblem(problems, /^generator/)}>
          <GeneratorFields fields={fields} problems={problems} />
          <p className="text-[12px] text-soft">Kept with the secret: the next click makes the same kind.</p>
        </Disclosure>
      )}
      <Disclosure
        title="How services move"
        now={movedText(props)}
        isOpen={hasProblem(problems, /^(soak|keep)Seconds$/)}
      >
        <div className="grid gap-4 md:grid-cols-2">
          <SelectField
            label="Order of services"
            name="order"
            defaultValue={textOf(fields, "order") || secret.settings?.order || "canary"}
            options={orderOptions}
          />
          <CanaryField secret={secret} fields={fields} plan={plan} />
          <SoakField
            defaultValue={textOf(fields, "soakSeconds")}
            placeholder={soakText(secret)}
            error={problems.soakSeconds}
          />
          {!isEmergency && (
            <KeepField
              defaultValue={textOf(fields, "keepSeconds")}
              placeholder={secret.settings ? duration(secret.settings.keepSeconds) : ""}
              error={problems.keepSeconds}
            />
          )}
        </div>
        {!isTyped && (
          <SelectField
            label="While services move, does the old value still work?"
            name="oldStaysValid"
            defaultValue={textOf(fields, "oldStaysValid") || (keptAnswer(secret) ?? "")}
            options={[
              { value: "", label: "As far as anybody knows", hint: "A failure puts services back on it." },
              { value: "yes", label: "Yes", hint: "A failure puts services back on it. Kept with the secret." },
              { value: "no", label: "No", hint: "A failure stops where it is, and you decide. Kept with the secret." },
            ]}
          />
        )}
        <ServiceTicks secret={secret} fields={fields} />
      </Disclosure>
    </>
  );
}

/** A value that has leaked: what happened, the new value, and the line that would bring the old one back. */
export function EmergencyOptions(props: OptionsProps) {
  const { fields, problems, secret, plan } = props;
  const created = plan?.create[0];
  const stacks = [...new Set(secret.grants.flatMap(({ stack }) => stack ?? []))].sort();
  return (
    <>
      <Field
        label="What happened"
        name="reason"
        maxLength={300}
        defaultValue={textOf(fields, "reason")}
        error={"asked" in fields ? problems.reason : undefined}
        hint="The history keeps it. Do not write the value."
      />
      <RotateOptions {...props} isEmergency />
      {stacks.length > 0 && (
        <CheckField
          name="isStackConfirmed"
          value="true"
          defaultChecked={textOf(fields, "isStackConfirmed") !== ""}
          label={
            <>
              I changed the stack file of <code>{stacks.join(", ")}</code>:{" "}
              {created ? (
                <>
                  its line is <code>name: {created.objectName}</code>
                </>
              ) : (
                "it names no version that has leaked"
              )}
            </>
          }
          hint="Without this, the leaked version stays in the Swarm until a deploy with the new name was seen, or you confirm it afterwards."
        />
      )}
    </>
  );
}

function CanaryField({ secret, fields, plan }: Pick<OptionsProps, "secret" | "fields" | "plan">) {
  const order = textOf(fields, "order") || secret.settings?.order;
  const out = listOf(fields, "leaveOut");
  const included = listOf(fields, "include");
  const able = servicesOf(secret).filter(
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

function ServiceTicks({ secret, fields }: Pick<OptionsProps, "secret" | "fields">) {
  const services = servicesOf(secret);
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

function servicesOf({ grants }: SecretView): GrantView[] {
  return [...new Map(grants.map((grant) => [grant.serviceId, grant])).values()];
}

function soakText({ settings }: SecretView): string | undefined {
  return settings?.soakSeconds == null ? undefined : duration(settings.soakSeconds);
}

function madeText(fields: Fields): string {
  const asked = inputOf({ ...fields, source: "generated" }).generator;
  const parsed = generatorSchema.safeParse(typeof asked === "string" ? JSON.parse(asked) : null);
  return parsed.success ? generatorText(parsed.data) : "";
}

function movedText({ secret, fields, plan, isEmergency }: OptionsProps & { isEmergency?: boolean }): string {
  const moving = plan?.changes.filter(({ leftOut }) => leftOut === null) ?? [];
  const out = (plan?.changes.length ?? 0) - moving.length;
  const canary = moving.find(({ serviceId }) => serviceId === plan?.canaryServiceId)?.serviceName;
  const order = { canary: `${canary ?? "one"} first`, together: "all together", "one-by-one": "one by one" };
  const keep = plan?.retire[0]?.keepSeconds ?? secret.settings?.keepSeconds ?? 0;
  return [
    ...(plan && moving.length > 1 ? [order[plan.order]] : []),
    ...(out > 0 ? [`${out} left out`] : []),
    ...(textOf(fields, "soakSeconds") ? [`soak ${textOf(fields, "soakSeconds")}`] : []),
    ...(isEmergency ? [] : [keep === 0 ? "the old version goes at once" : `the old version is kept ${duration(keep)}`]),
  ].join(", ");
}

function hasProblem(problems: Problems, name: RegExp): boolean {
  return Object.keys(problems).some((key) => name.test(key));
}
