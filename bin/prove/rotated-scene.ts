import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { connectAs, withDatabase } from "#lib/db/connect.ts";
import { type OrdersDatabase, orders } from "#lib/ground/orders-database.ts";
import { readSignIns, type SignIns, signingServiceSpec } from "#lib/ground/signing-service.ts";
import { samplePermit, sampleRotator } from "#lib/operations/sample.ts";
import type { RotatorSettings } from "#lib/rotators/schema.ts";
import type { Beginning, Given } from "./life.ts";
import { administrator, type OwnSecret, type Scene } from "./scene.ts";

/** How many tasks sign in all the time. */
const replicas = 2;
/** Everybody may connect to it. */
const database = "postgres";

export type Mode = "two logins" | "one login";

/** A database with logins of this run's own, a service that signs in there all the time, and the rotation of its password. */
export class RotatedScene {
  readonly scene: Scene;
  readonly mode: Mode;
  readonly rotator: NonNullable<Given["rotator"]>;
  readonly countsFolder: string;
  readonly #orders: OrdersDatabase;
  readonly #asRotator: string;
  readonly #logins: string[];
  readonly #rotatorId = randomUUID();

  constructor(scene: Scene, given: { mode: Mode; orders: OrdersDatabase; asRotator: string; folder: string }) {
    this.scene = scene;
    this.mode = given.mode;
    this.#orders = given.orders;
    this.#asRotator = given.asRotator;
    this.#logins = [`a_${scene.tag}`, `b_${scene.tag}`];
    this.countsFolder = join(given.folder, "counts");
    mkdirSync(this.countsFolder);
    const { credentialPath } = given.orders;
    this.rotator = { name: "orders", settings: this.#settings(), credentialPath };
  }

  #settings(): RotatorSettings {
    const { host, rotator: user, credential } = orders;
    const logins = this.mode === "two logins" ? this.#logins : this.#logins.slice(0, 1);
    const reach = { usesTls: false, allowsPrivateAddresses: true, authorityFile: null };
    return { kind: "postgresql", host, port: this.#orders.port, database, user, credential, logins, ...reach };
  }

  /** The service runs, and has signed in as the first login. */
  async begin(): Promise<Beginning> {
    const { scene } = this;
    const [first = "", second = ""] = this.#logins;
    const password = randomBytes(16).toString("hex");
    await this.#query(`CREATE ROLE ${first} LOGIN PASSWORD '${password}'; CREATE ROLE ${second} LOGIN`);
    const secret = await scene.own(this.#urlOf(first, password));
    await this.#attach(secret, first);
    const spec = signingServiceSpec({
      name: `${scene.tag}-signing`,
      replicas,
      secret: { id: secret.objectId, name: secret.objectName },
      socketFolder: this.#orders.socketFolder,
      countsFolder: this.countsFolder,
    });
    // On a machine that is busy with other runs, Docker's own look into a container takes its time.
    Object.assign(spec.TaskTemplate.ContainerSpec.Healthcheck, { Timeout: 30_000_000_000, Retries: 10 });
    await scene.addServiceOf(spec);
    return this.#rotation(first, second);
  }

  #rotation(first: string, second: string): Beginning {
    const { scene, mode } = this;
    const keepsOld = mode === "two logins";
    const plan = scene.rotation({ order: "together", oldValueStaysValid: keepsOld });
    const template = this.#urlOf("{{user | url}}", "{{password | url}}");
    const create = plan.create.map((version) => ({
      ...version,
      value: { from: "rotator", rotatorId: this.#rotatorId, template } as const,
    }));
    const login = keepsOld ? second : first;
    const rotator = sampleRotator({ rotatorId: this.#rotatorId, login, oldLogin: first, keepsOld });
    const secretIds = scene.secrets.map(({ secretId }) => secretId);
    const permit = samplePermit("secret.rotate", { secretIds }, administrator);
    return { permit, plan: { ...plan, create, rotators: [rotator] }, typed: {} };
  }

  /** As a person does it: Skep knows whose password the secret has. */
  async #attach({ versionId }: OwnSecret, login: string): Promise<void> {
    await this.scene.database.version.update({ where: { id: versionId }, data: { rotatorId: this.#rotatorId, login } });
  }

  signIns(): SignIns {
    return readSignIns(this.countsFolder);
  }

  /** Its roles are gone when its service is. */
  async clearAway(): Promise<void> {
    await this.scene.clearAway();
    await this.#query(`DROP ROLE IF EXISTS ${this.#logins.join(", ")}`).catch(() => undefined);
  }

  #urlOf(user: string, password: string): string {
    return `postgresql://${user}:${password}@${orders.host}:${this.#orders.port}/${database}`;
  }

  async #query(sql: string): Promise<void> {
    await connectAs(withDatabase(this.#asRotator, database), (client) => client.query(sql));
  }
}
