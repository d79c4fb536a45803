import "server-only";
import fc from "fast-check";
import type { ObjectNames } from "./shape.ts";

/** Numbers that a program which reads them into JavaScript's own would write back otherwise. */
const oddNumber = fc.oneof(
  fc.constantFrom("9007199254740993", "9223372036854775807", "-9223372036854775808", "18446744073709551615"),
  fc.constantFrom("1e-7", "-0", "1.0", "0.10", "1E+3", "0.0000001", "1e400", "0.1000000000000000055511151231257827"),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.nat(1000).map(String),
);

/** The same character can be written in several ways. */
const oddText = fc.oneof(
  fc.constantFrom(
    '"\\u0041\\u00e9"',
    '"<\\/b>"',
    '"\\u2028"',
    '"\\ud800"',
    '"\\b\\f"',
    '"🐝"',
    '"\\\\"',
    '"\\""',
    '"}],"',
  ),
  fc.string({ unit: "binary", maxLength: 8 }).map((text) => JSON.stringify(text)),
  fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => JSON.stringify(text)),
);

/** Keys that JavaScript would sort to the front, or mistake for something of its own. */
const oddKey = fc.oneof(
  fc.constantFrom('"10"', '"9"', '"0"', '""', '"__proto__"', '"constructor"', '"toString"', '"\\u0058"', '"a.b/c"'),
  fc.string({ unit: "grapheme", maxLength: 5 }).map((text) => JSON.stringify(`Z${text}`)),
);

const oddValue: fc.Arbitrary<string> = fc.letrec<{ value: string; list: string; fields: string }>((tie) => ({
  list: fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join()}]`),
  fields: fc.array(fc.tuple(oddKey, tie("value")), { maxLength: 3 }).map(objectOf),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("null", "true", "false", "[]", "{}", '""'),
    oddNumber,
    oddText,
    tie("list"),
    tie("fields"),
  ),
})).value;

const unknown = fc.array(fc.tuple(oddKey, oddValue), { maxLength: 3 });

type Pair = readonly [key: string, value: string];

function objectOf(pairs: readonly Pair[]): string {
  return `{${pairs.map(([key, value]) => `${key}:${value}`).join()}}`;
}

/** The known fields and some unknown ones, in any order. */
function mixed(known: fc.Arbitrary<readonly Pair[]>): fc.Arbitrary<string> {
  return fc
    .tuple(known, unknown)
    .map(([one, other]) => [...one, ...other])
    .chain((pairs) => fc.shuffledSubarray(pairs, { minLength: pairs.length }))
    .map(objectOf);
}

const entry = fc
  .record({
    of: fc.constantFrom("rotated", "rotated", "older", "other"),
    target: fc.oneof(fc.stringMatching(/^[a-z]{1,6}$/), fc.stringMatching(/^\/[a-z]{1,6}\/[a-z]{1,6}$/)),
    owner: fc.nat(70_000),
    mode: fc.nat(0o777),
  })
  .chain(({ of, target, owner, mode }) => {
    const file = mixed(
      fc.constant([
        ['"Name"', `"${target}"`],
        ['"UID"', `"${owner}"`],
        ['"GID"', '"0"'],
        ['"Mode"', String(mode)],
      ]),
    );
    const whole = file.map((text): Pair[] => [
      ['"File"', text],
      ['"SecretID"', `"<id of ${of}>"`],
      ['"SecretName"', `"<name of ${of}>"`],
    ]);
    return mixed(whole).map((text) => ({ target, text }));
  });

const entries = fc.uniqueArray(entry, { selector: ({ target }) => target, minLength: 1, maxLength: 4 });
/** Kinds of references that do not exist yet pass by; empty lists are written in both ways. */
const secrets = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(entries, fc.array(fc.constant('{"Runtime":{"Of":1.0}}'), { maxLength: 1 })) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constant("[]") },
  { weight: 1, arbitrary: fc.constant("null") },
);

const container = secrets.chain((given) => {
  const text = Array.isArray(given) ? `[${[...given[0].map((each) => each.text), ...given[1]].join()}]` : given;
  const pairs: Pair[] = [['"Image"', '"app:1"'], ...(text === null ? [] : [['"Secrets"', text] as const])];
  return mixed(fc.constant(pairs));
});

const restart = fc.constantFrom(
  '{"Condition":"any"}',
  '{"Condition":"on-failure","MaxAttempts":9007199254740993}',
  "{}",
);
const template = mixed(
  fc.tuple(container, restart).map(([one, other]) => [
    ['"ContainerSpec"', one],
    ['"RestartPolicy"', other],
  ]),
);

/** A whole spec as JSON text, with blanks here and there, for objects that are known when it is used. */
export const generatedSpec: fc.Arbitrary<(name: string, objects: ObjectNames) => string> = fc
  .record({
    template,
    labels: fc.array(fc.tuple(oddKey, oddText), { maxLength: 4 }).map(objectOf),
    mode: fc.constantFrom('{"Replicated":{"Replicas":2}}', '{"Replicated":{"Replicas":0}}', '{"Global":{}}'),
    blank: fc.constantFrom("", " ", "\n\t"),
  })
  .chain(({ template: task, labels, mode, blank }) => {
    const pairs: Pair[] = [
      ['"Name"', '"<name of the service>"'],
      ['"Labels"', labels],
      ['"TaskTemplate"', task],
      ['"Mode"', mode],
    ];
    return mixed(fc.constant(pairs)).map((text) => `${text.slice(0, 1)}${blank}${text.slice(1, -1)}${blank}}`);
  })
  .map((text) => (name: string, objects: ObjectNames) => {
    const named = Object.entries(objects).reduce(
      (all, [of, { objectId, objectName }]) =>
        all.replaceAll(`<id of ${of}>`, objectId).replaceAll(`<name of ${of}>`, objectName),
      text,
    );
    return named.replace("<name of the service>", name);
  });
