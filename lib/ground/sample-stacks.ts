import "server-only";

/** A secret of the samples. Values are made at random when it is created, and kept nowhere. */
export type SampleSecret = { name: string; stack: string; content: "password" | "token" | "key" | "payment" };

export type SampleService = {
  name: string;
  stack: string;
  mode: { replicas: number } | "global" | "job";
  mounts: SampleMount[];
  /** What it runs once its secrets are there; nothing means that it waits for ever. */
  script?: string;
  /** Deployed over the good one, and left as it then stands. */
  badScript?: string;
  user?: string;
  environment?: string[];
  hasHealthCheck?: boolean;
  restart?: "any" | "none";
  restartDelaySeconds?: number;
  updateDelaySeconds?: number;
  failureAction?: "pause" | "continue" | "rollback";
  order?: "stop-first" | "start-first";
};

export type SampleMount = { secret: string; target: string; uid?: string; gid?: string; mode?: number };

/** Two stacks as an operator might find them: shared, unused and left-over secrets, careless modes, and services of every kind. */
export const sampleSecrets: SampleSecret[] = [
  { name: "shop_db_password_v1", stack: "shop", content: "password" },
  { name: "shop_db_password_v2", stack: "shop", content: "password" },
  { name: "shop_session_key", stack: "shop", content: "token" },
  { name: "shop_payment_token", stack: "shop", content: "payment" },
  { name: "shop_smtp_password", stack: "shop", content: "password" },
  { name: "shop_gateway_key", stack: "shop", content: "key" },
  { name: "shop_catalog_api_key", stack: "shop", content: "token" },
  { name: "shop_supplier_token", stack: "shop", content: "token" },
  { name: "shop_newsletter_key", stack: "shop", content: "token" },
  { name: "monitoring_admin_password", stack: "monitoring", content: "password" },
  { name: "monitoring_scrape_token-2", stack: "monitoring", content: "token" },
  { name: "monitoring_pager_key", stack: "monitoring", content: "token" },
];

export const sampleServices: SampleService[] = [
  {
    name: "shop_api",
    stack: "shop",
    mode: { replicas: 3 },
    user: "1000:1000",
    hasHealthCheck: true,
    order: "start-first",
    mounts: [
      { secret: "shop_db_password_v2", target: "db_password", uid: "1000", gid: "1000", mode: 0o400 },
      { secret: "shop_session_key", target: "session_key", uid: "1000", gid: "1000", mode: 0o440 },
    ],
  },
  {
    name: "shop_worker",
    stack: "shop",
    mode: { replicas: 2 },
    mounts: [
      { secret: "shop_db_password_v2", target: "/etc/worker/database-password" },
      { secret: "shop_supplier_token", target: "supplier_token", mode: 0o444 },
    ],
  },
  {
    name: "shop_payments",
    stack: "shop",
    mode: { replicas: 1 },
    failureAction: "rollback",
    mounts: [{ secret: "shop_payment_token", target: "payment_token", mode: 0o400 }],
    script: `grep -q '^pay_live_' /run/secrets/payment_token || { echo 'payment provider: 401, this token is not known' >&2; exit 1; }`,
  },
  {
    name: "shop_catalog",
    stack: "shop",
    mode: { replicas: 2 },
    mounts: [{ secret: "shop_catalog_api_key", target: "catalog_api_key" }],
    // Long, so that its broken tasks do not start over and over for as long as the sandbox runs.
    restartDelaySeconds: 600,
    // Long enough to see the first broken task before the second good one goes.
    updateDelaySeconds: 10,
    badScript: `echo 'catalog 2.4.0: missing setting CATALOG_INDEX' >&2; exit 1`,
  },
  {
    name: "shop_migrate",
    stack: "shop",
    mode: { replicas: 1 },
    restart: "none",
    mounts: [{ secret: "shop_db_password_v2", target: "db_password" }],
    script: "echo 'nothing to migrate'; exit 0",
  },
  {
    name: "shop_import",
    stack: "shop",
    mode: "job",
    restart: "none",
    mounts: [{ secret: "shop_supplier_token", target: "supplier_token" }],
    script: "echo 'imported 0 articles'; exit 0",
  },
  {
    name: "shop_mailer",
    stack: "shop",
    mode: { replicas: 0 },
    mounts: [{ secret: "shop_smtp_password", target: "smtp_password", uid: "65534", gid: "65534", mode: 0o400 }],
    user: "65534",
  },
  {
    name: "shop_gateway",
    stack: "shop",
    mode: "global",
    hasHealthCheck: true,
    mounts: [{ secret: "shop_gateway_key", target: "gateway.pem", uid: "0", gid: "1000", mode: 0o440 }],
  },
  {
    name: "monitoring_dashboard",
    stack: "monitoring",
    mode: { replicas: 1 },
    hasHealthCheck: true,
    mounts: [{ secret: "monitoring_admin_password", target: "admin_password" }],
  },
  {
    name: "monitoring_collector",
    stack: "monitoring",
    mode: { replicas: 1 },
    mounts: [
      { secret: "monitoring_scrape_token-2", target: "scrape_token", mode: 0o666 },
      { secret: "shop_db_password_v2", target: "shop_db_password" },
    ],
  },
  {
    name: "monitoring_alerts",
    stack: "monitoring",
    mode: { replicas: 1 },
    failureAction: "continue",
    mounts: [{ secret: "monitoring_pager_key", target: "pager_key" }],
  },
  {
    name: "monitoring_exporter",
    stack: "monitoring",
    mode: { replicas: 1 },
    environment: ["DATABASE_USER=metrics", "DATABASE_PASSWORD=sample-only-change-me", "LOG_LEVEL=info"],
    mounts: [{ secret: "monitoring_scrape_token-2", target: "scrape_token" }],
  },
];
