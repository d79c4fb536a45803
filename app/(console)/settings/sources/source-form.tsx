"use client";

import { useActionState, useState } from "react";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import { kindNames, type SourceKind, type SourceRow, type SourceSettings, sourceKinds } from "#lib/sources/schema.ts";
import { kindFields } from "../outside/kind-fields.tsx";
import { OutsideForm } from "../outside/outside-form.tsx";
import { ReachFields } from "../outside/reach-fields.tsx";
import { AwsFields } from "./aws-fields.tsx";
import { HttpFields } from "./http-fields.tsx";
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
  const fields = kindFields(state, source?.settings ? flat(source.settings) : null);
  return (
    <OutsideForm
      {...{ run, state, isPending, fields, kind, submit }}
      existing={
        source ? { idName: "sourceId", id: source.id, name: source.name, isKindSettled: !!source.settings } : null
      }
      onKind={setKind}
      kinds={sourceKinds.map((value) => ({ value, label: kindNames[value], hint: hints[value] }))}
      nameHint="How it is called here, such as vault-prod."
      words={{ asking: "Asking it whether it takes the login …", took: "It takes the login." }}
    >
      {kind === "vault" && <VaultFields {...fields} />}
      {kind === "aws" && <AwsFields {...fields} />}
      {kind === "http" && <HttpFields {...fields} />}
      <ReachFields {...fields} />
    </OutsideForm>
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
