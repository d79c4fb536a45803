import "server-only";
import { bind, config, long, mebibyte, type Shape, second, volume } from "./shape.ts";

const healthy = { Interval: 10 * second, Timeout: 5 * second, Retries: 5 };

/** Databases, queues and stores. */
export const dataShapes: Shape[] = [
  {
    name: "postgres",
    mounts: [{ of: "rotated", target: "postgres_password" }],
    container: {
      Image: "postgres:16",
      Env: ["POSTGRES_PASSWORD_FILE=/run/secrets/postgres_password", "PGDATA=/var/lib/postgresql/data/pgdata"],
      Mounts: [
        volume("pgdata", "/var/lib/postgresql/data"),
        { Type: "tmpfs", Target: "/dev/shm", TmpfsOptions: { SizeBytes: 256 * mebibyte } },
      ],
      Healthcheck: { Test: ["CMD-SHELL", "pg_isready -U postgres"], ...healthy },
      StopGracePeriod: 120 * second,
    },
    template: {
      Placement: { Constraints: ["node.labels.pg == primary"] },
      RestartPolicy: { Condition: "any", Delay: 5 * second, MaxAttempts: 0 },
    },
  },
  {
    name: "mysql",
    mounts: [
      { of: "rotated", target: "db_root_password" },
      { of: "other", target: "db_password" },
    ],
    container: {
      Image: "mysql:8.4",
      Args: ["--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci"],
      Env: ["MYSQL_ROOT_PASSWORD_FILE=/run/secrets/db_root_password"],
      CapabilityAdd: ["CAP_SYS_NICE"],
      Configs: [config("my-cnf", "/etc/mysql/conf.d/my.cnf")],
    },
    template: { Networks: [{ Target: "network:back", Aliases: ["db", "mysql"] }] },
  },
  {
    name: "mariadb-galera",
    mounts: [{ of: "rotated", target: "xtrabackup_password", mode: 0o400 }],
    container: {
      Image: "mariadb:11",
      Hostname: "{{.Service.Name}}-{{.Task.Slot}}",
      Env: ["NODE={{.Node.Hostname}}", "SLOT={{.Task.Slot}}"],
    },
    template: {
      Placement: {
        Preferences: [
          { Spread: { SpreadDescriptor: "node.labels.zone" } },
          { Spread: { SpreadDescriptor: "node.labels.rack" } },
        ],
      },
    },
    service: { Mode: { Replicated: { Replicas: 3 } }, EndpointSpec: { Mode: "dnsrr" } },
  },
  {
    name: "redis",
    mounts: [{ of: "rotated", target: "redis.conf", uid: "999", gid: "1000", mode: 0o400 }],
    container: {
      Image: "redis:7-alpine",
      Command: ["redis-server", "/run/secrets/redis.conf"],
      Sysctls: { "net.core.somaxconn": "511" },
    },
    template: {
      Resources: {
        Limits: { MemoryBytes: long("18014398509481985") },
        Reservations: { NanoCPUs: 250_000_000, MemoryBytes: 64 * mebibyte },
      },
    },
  },
  {
    name: "mongo",
    mounts: [
      { of: "rotated", target: "mongo_keyfile", uid: "999", gid: "999", mode: 0o400 },
      { of: "rotated", target: "/etc/mongo/keyfile-copy", uid: "999", gid: "999", mode: 0o600 },
      { of: "older", target: "mongo_keyfile_old", uid: "999", gid: "999", mode: 0o400 },
    ],
    container: {
      Image: "mongo:7",
      Args: ["--replSet", "rs0", "--keyFile", "/run/secrets/mongo_keyfile"],
      Labels: { "prometheus-job": "mongo" },
    },
    service: {
      Mode: { Global: {} },
      UpdateConfig: { Parallelism: 1, Delay: 60 * second, FailureAction: "pause", Monitor: 30 * second },
    },
  },
  {
    name: "rabbitmq",
    mounts: [{ of: "rotated", target: "rabbitmq_erlang_cookie", uid: "999", gid: "999", mode: 0o600 }],
    container: {
      Image: "rabbitmq:3.13-management",
      Hostname: "rabbit-{{.Node.Hostname}}",
      Configs: [
        config("rabbitmq-conf", "/etc/rabbitmq/rabbitmq.conf"),
        config("definitions", "/etc/rabbitmq/definitions.json", 0o400),
      ],
      Ulimits: [
        { Name: "nofile", Hard: 65_536, Soft: 65_536 },
        { Name: "memlock", Hard: -1, Soft: -1 },
      ],
    },
  },
  {
    name: "kafka",
    mounts: [
      { of: "other", target: "kafka.truststore.jks" },
      { of: "rotated", target: "kafka.keystore.jks" },
      { of: "other", target: "client.truststore.jks", mode: 0o440 },
    ],
    container: {
      Image: "bitnami/kafka:3.7",
      Env: ["KAFKA_CFG_LISTENERS=SASL_SSL://:9093", 'JAVA_OPTS=-Dpath="C:\\kafka\\x"'],
    },
    service: {
      EndpointSpec: {
        Mode: "vip",
        Ports: [{ Name: "sasl", Protocol: "tcp", TargetPort: 9093, PublishedPort: 19093, PublishMode: "ingress" }],
      },
    },
  },
  {
    name: "elasticsearch",
    mounts: [{ of: "rotated", target: "elastic_bootstrap" }],
    container: {
      Image: "docker.elastic.co/elasticsearch/elasticsearch:8.14.3",
      Ulimits: [{ Name: "memlock", Hard: -1, Soft: -1 }],
      Sysctls: { "net.ipv4.tcp_retries2": "5" },
      Mounts: [volume("esdata", "/usr/share/elasticsearch/data")],
    },
    template: { Resources: { Limits: { NanoCPUs: 4_000_000_000, MemoryBytes: 4096 * mebibyte, Pids: 4096 } } },
  },
  {
    name: "minio",
    mounts: [
      { of: "rotated", target: "access_key" },
      { of: "rotated", target: "root_user" },
    ],
    container: {
      Image: "minio/minio:latest",
      Args: ["server", "http://minio{1...4}/data", "--console-address", ":9001"],
      Mounts: [bind("/mnt/disk1", "/data", { BindOptions: { Propagation: "rslave" }, Consistency: "cached" })],
    },
    service: { Mode: { Replicated: { Replicas: 4 } } },
  },
  {
    name: "vault",
    mounts: [{ of: "rotated", target: "unseal_token", mode: 0 }],
    container: {
      Image: "hashicorp/vault:1.17",
      CapabilityAdd: ["CAP_IPC_LOCK"],
      Privileges: {
        CredentialSpec: null,
        SELinuxContext: { Disable: false, User: "u", Role: "r", Type: "t", Level: "s0:c1,c2" },
      },
    },
  },
  {
    name: "nats",
    mounts: [{ of: "rotated", target: "nats.{{.Node.ID}}.creds" }],
    container: {
      Image: "nats:2.10",
      Configs: [config("nats-conf", "/nats.conf")],
      DNSConfig: { Nameservers: ["10.0.0.2"], Search: ["internal"], Options: ["ndots:1", "timeout:2"] },
    },
    service: { Mode: { Global: {} } },
  },
  {
    name: "memcached",
    mounts: [],
    container: { Image: "memcached:1.6", Args: ["-m", "64"] },
    service: { Mode: { Replicated: { Replicas: 2 } } },
  },
];
