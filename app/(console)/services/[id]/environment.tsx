import { KeyRound } from "lucide-react";
import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { CodeBlock } from "#components/code-block.tsx";
import { Mono } from "#components/mono.tsx";
import type { ServiceView } from "#lib/inventory/schema.ts";

/** The way out for each variable that sounds like a secret: into a secret, and only its path in the environment. */
export function Environment({ service }: { service: ServiceView }) {
  const { environmentFindings: variables, name, can } = service;
  if (variables.length === 0) return null;
  return (
    <Card>
      <CardHeader title="Secrets in its environment" />
      <div className="grid gap-4 border-line border-t px-[14px] py-3.5">
        <p className="text-soft">
          Whoever may inspect the service reads them. Skep knows their names only, and moves nothing out of the
          environment by itself.
        </p>
        {variables.map((variable) => (
          <div key={variable} className="grid gap-2.5">
            <div className="flex flex-wrap items-center justify-between gap-2">
              <p>
                <b className="font-semibold">1</b> Make a secret of the value of <Mono>{variable}</Mono>, granted to{" "}
                <Mono>{name}</Mono>.
              </p>
              {can.includes("secret.grant") && (
                <ButtonLink href={newSecretHref(service, variable)} icon={<KeyRound />}>
                  New secret {secretNameFor(variable)}
                </ButtonLink>
              )}
            </div>
            <p>
              <b className="font-semibold">2</b> Give the image the file in place of the value, in the stack file or by
              hand. Most images know the variable with <Mono>_FILE</Mono>; the image's own page says so.
            </p>
            <CodeBlock title="By hand" text={commandFor(service, variable)} />
            <p>
              <b className="font-semibold">3</b> Then rotate it: what stood in the environment was read by others.
            </p>
          </div>
        ))}
      </div>
    </Card>
  );
}

function newSecretHref({ id }: ServiceView, variable: string): string {
  const fields = [
    ["name", secretNameFor(variable)],
    ["source", "typed"],
    ["grantTo[]", id],
  ];
  return `/secrets/new?${new URLSearchParams(fields)}`;
}

function secretNameFor(variable: string): string {
  return variable.toLowerCase().replaceAll(/[^a-z0-9_.-]+/g, "_");
}

function commandFor({ name }: ServiceView, variable: string): string {
  return [
    "docker service update \\",
    `  --env-rm ${variable} \\`,
    `  --env-add ${variable}_FILE=/run/secrets/${secretNameFor(variable)} \\`,
    `  ${name}`,
  ].join("\n");
}
