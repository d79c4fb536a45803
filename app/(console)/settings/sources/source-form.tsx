"use client";

import { useActionState, useState } from "react";
import { Button } from "#components/button.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import { kindNames, type SourceKind, type SourceRow, type SourceSettings, sourceKinds } from "#lib/sources/schema.ts";
import { AwsFields } from "./aws-fields.tsx";
import { HttpFields } from "./http-fields.tsx";
import { type KindFields, Row } from "./kind-fields.tsx";
import { ReachFields } from "./reach-fields.tsx";
import { VaultFields } from "./vault-fields.tsx";

type Action = (previous: FormState, form: FormData) => Promise<FormState>;

const hints: Record<SourceKind, string> = {
  vault: "KV v1 and v2, by token, AppRole or JWT.",
  aws: "By keys in a file, or the machine's own role.",
  http: "A GET with headers, and a JSON pointer.",
};

/** A source, new or as it is set. Its credential is named, and never entered. */
export function SourceForm({
  action,
  submit,
  source,
}: {
  action: Action;
  submit: string;
  source?: Pick<SourceRow, "id" | "name" | "kind" | "settings">;
}) {
  const [state, run, isPending] = useActionState(action, idleForm);
  const [kind, setKind] = useState<SourceKind>(source?.kind ?? "vault");
  const set = source?.settings ? flat(source.settings) : {};
  // Only what was entered counts once something was: a tick that was taken away is not sent.
  const isPrivate = (Object.keys(state.fields).length > 0 ? state.fields : set).allowsPrivateAddresses === "true";
  const fields: KindFields = {
    textOf: (name, usual = "") => state.fields[name] ?? set[name] ?? usual,
    errorOf: (name) => state.fieldErrors[name],
  };
  return (
    <form action={run} className="grid gap-4 p-4" noValidate>
      {source && <input type="hidden" name="sourceId" value={source.id} />}
      {source?.settings ? (
        <input type="hidden" name="kind" value={kind} />
      ) : (
        <div onChange={(event) => setKind((event.target as HTMLInputElement).value as SourceKind)}>
          <RadioField
            label="Kind"
            name="kind"
            defaultValue={kind}
            error={fields.errorOf("kind")}
            options={sourceKinds.map((value) => ({ value, label: kindNames[value], hint: hints[value] }))}
          />
        </div>
      )}
      <Row>
        <Field
          label="Name"
          name="name"
          hint="How it is called here, such as vault-prod."
          autoComplete="off"
          defaultValue={state.fields.name ?? source?.name ?? ""}
          error={fields.errorOf("name")}
        />
      </Row>
      {kind === "vault" && <VaultFields {...fields} />}
      {kind === "aws" && <AwsFields {...fields} />}
      {kind === "http" && <HttpFields {...fields} />}
      <ReachFields {...fields} isPrivate={isPrivate} />
      <FormError sentence={state.formError} />
      <div className="flex items-center gap-3">
        <Button type="submit" isPrimary={!source} isPending={isPending}>
          {submit}
        </Button>
        <p role="status" className="text-soft">
          {isPending ? "Asking it whether it takes the login …" : state.status === "done" && "It takes the login."}
        </p>
      </div>
    </form>
  );
}

/** The settings as the form's fields. */
function flat(settings: SourceSettings): Record<string, string> {
  const common = {
    allowsPrivateAddresses: String(settings.allowsPrivateAddresses),
    authorityFile: settings.authorityFile ?? "",
  };
  switch (settings.kind) {
    case "vault": {
      const { address, namespace, mount, login, versionField } = settings;
      const by = {
        login: login.method,
        credential: login.credential,
        ...("mount" in login ? { loginMount: login.mount } : {}),
        ...("roleId" in login ? { roleId: login.roleId } : {}),
        ...("role" in login ? { role: login.role } : {}),
      };
      return { ...common, ...by, address, mount, namespace: namespace ?? "", versionField: versionField ?? "" };
    }
    case "aws": {
      const { region, endpoint, login, role } = settings;
      const credential = login.method === "keys" ? login.credential : "";
      const as = { roleArn: role?.arn ?? "", externalId: role?.externalId ?? "" };
      return { ...common, ...as, region, endpoint: endpoint ?? "", login: login.method, credential };
    }
    case "http": {
      const { address, headers, versionFrom } = settings;
      const [header] = headers;
      const named = versionFrom === null ? "" : versionFrom.in === "header" ? versionFrom.name : versionFrom.pointer;
      return {
        ...common,
        address,
        headerName: header?.name ?? "",
        headerPrefix: header?.prefix ?? "",
        credential: header?.credential ?? "",
        versionIn: versionFrom?.in ?? "none",
        versionName: named,
      };
    }
  }
}
