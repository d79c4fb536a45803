import { ButtonLink } from "#components/button.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { KeyValues } from "#components/key-values.tsx";
import { orderText } from "#components/plan/rotation-fields.tsx";
import { Tag } from "#components/tag.tsx";
import { generatorText } from "#lib/generate/schema.ts";
import type { SecretView } from "#lib/inventory/schema.ts";
import type { SecretSettings } from "#lib/operations/schema.ts";
import { duration } from "#lib/words.ts";

/** What is known of the secret, and how its next rotation goes. */
export function Settings({
  secret: { key, can, binding, attachment },
  settings,
}: {
  secret: SecretView;
  settings: SecretSettings;
}) {
  const { owner, tags, soakSeconds, keepSeconds, oldValueStaysValid } = settings;
  return (
    <Card>
      <CardHeader title="Settings">
        {can.includes("secret.attach") && <ButtonLink href={`/secrets/${key}/rotator`}>Attach</ButtonLink>}
        {can.includes("secret.bind") && <ButtonLink href={`/secrets/${key}/source`}>Bind</ButtonLink>}
        {can.includes("secret.edit") && <ButtonLink href={`/secrets/${key}/edit`}>Edit</ButtonLink>}
      </CardHeader>
      <KeyValues
        items={[
          { term: "Owner", value: owner || "nobody" },
          {
            term: "Value from",
            value: attachment ? (
              <>a rotation at {attachment.rotatorName}</>
            ) : binding ? (
              <>the source {binding.sourceName}</>
            ) : settings.generator ? (
              `a generator: ${generatorText(settings.generator)}`
            ) : (
              "a person"
            ),
          },
          { term: "Order", value: orderText(settings.order) },
          { term: "Soak", value: soakSeconds === null ? "as the health check asks" : duration(soakSeconds) },
          { term: "Keeps", value: `the old version for ${duration(keepSeconds)}` },
          {
            term: "Old value",
            value: oldValueText(attachment?.mode ? attachment.mode.keepsOld : oldValueStaysValid),
          },
          {
            term: "Tags",
            value:
              tags.length === 0 ? (
                "–"
              ) : (
                <span className="flex flex-wrap gap-1">
                  {tags.map((tag) => (
                    <Tag key={tag}>{tag}</Tag>
                  ))}
                </span>
              ),
          },
        ]}
      />
    </Card>
  );
}

/** Of an attached secret the rotator says it, and nobody is asked. */
function oldValueText(staysValid: boolean | null): string {
  if (staysValid === null) return "asked at each rotation";
  return staysValid ? "works during a rotation" : "stops working at once";
}
