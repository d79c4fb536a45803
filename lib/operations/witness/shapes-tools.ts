import "server-only";
import { bind, config, mebibyte, type Shape, second, volume } from "./shape.ts";

/** What watches, what runs at times, and what people run beside all that. */
export const toolShapes: Shape[] = [
  {
    name: "prometheus",
    mounts: [{ of: "rotated", target: "scrape_token", uid: "65534", gid: "65534", mode: 0o400 }],
    container: {
      Image: "prom/prometheus:v2.53.1",
      Args: ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.retention.time=30d"],
      Configs: [
        config("prometheus-yml", "/etc/prometheus/prometheus.yml"),
        config("alert-rules", "/etc/prometheus/rules.yml"),
      ],
      Mounts: [volume("prometheus", "/prometheus")],
    },
    service: {
      UpdateConfig: { Parallelism: 1, FailureAction: "rollback", Monitor: 15 * second, MaxFailureRatio: 0.25 },
    },
  },
  {
    name: "grafana",
    mounts: [
      { of: "rotated", target: "grafana_admin_password", uid: "472", mode: 0o440 },
      { of: "other", target: "grafana_smtp_password", uid: "472", mode: 0o440 },
    ],
    container: {
      Image: "grafana/grafana:11.1.3",
      Env: ["GF_SECURITY_ADMIN_PASSWORD__FILE=/run/secrets/grafana_admin_password"],
    },
    service: {
      Labels: { "com.docker.stack.image": "grafana/grafana:11.1.3", "com.docker.stack.namespace": "monitoring" },
    },
  },
  {
    name: "alertmanager",
    mounts: [{ of: "rotated", target: "slack_url" }],
    container: {
      Image: "prom/alertmanager:v0.27.0",
      Configs: [config("alertmanager-tmpl", "/etc/alertmanager/alertmanager.yml")],
    },
    template: { RestartPolicy: { Condition: "on-failure", Delay: 5 * second, MaxAttempts: 3, Window: 120 * second } },
  },
  {
    name: "node-exporter",
    mounts: [{ of: "rotated", target: "web-config.yml" }],
    container: {
      Image: "prom/node-exporter:v1.8.2",
      Args: ["--path.rootfs=/host", "--collector.filesystem.mount-points-exclude=^/(sys|proc|dev|host|etc)($$|/)"],
      Mounts: [bind("/", "/host", { ReadOnly: true, BindOptions: { Propagation: "rslave", NonRecursive: true } })],
    },
    template: {
      Networks: [{ Target: "network:metrics", Aliases: ["exporter"], DriverOpts: { "com.example.opt": "1" } }],
    },
    service: { Mode: { Global: {} } },
  },
  {
    name: "loki",
    mounts: [{ of: "rotated", target: "s3_secret_key" }],
    container: { Image: "grafana/loki:3.1.0", Args: ["-config.expand-env=true"], StopSignal: "SIGINT" },
    template: { LogDriver: { Name: "none" } },
  },
  {
    name: "portainer-agent",
    mounts: [{ of: "rotated", target: "agent_secret" }],
    container: {
      Image: "portainer/agent:2.20.3",
      Env: ["AGENT_CLUSTER_ADDR=tasks.agent"],
      Mounts: [bind("/var/lib/docker/volumes", "/var/lib/docker/volumes")],
    },
    template: { Placement: { Constraints: ["node.platform.os == linux"] } },
    service: { Mode: { Global: {} } },
  },
  {
    name: "jenkins",
    mounts: [
      { of: "rotated", target: "jenkins-pass" },
      { of: "rotated", target: "/var/jenkins_home/.ssh/id_ed25519", uid: "1000", gid: "1000", mode: 0o400 },
    ],
    container: { Image: "jenkins/jenkins:lts", Privileges: null, Mounts: [], Command: [], Env: [] },
  },
  {
    name: "runner-gpu",
    mounts: [{ of: "rotated", target: "registration_token" }],
    container: { Image: "nvidia/cuda:12.5.0-base-ubuntu22.04", Isolation: "default" },
    template: {
      Resources: {
        Limits: {},
        Reservations: {
          GenericResources: [
            { DiscreteResourceSpec: { Kind: "NVIDIA-GPU", Value: 2 } },
            { NamedResourceSpec: { Kind: "ssd", Value: "fast" } },
          ],
        },
      },
    },
  },
  {
    name: "migration",
    mounts: [{ of: "rotated", target: "db_password" }],
    container: { Image: "flyway/flyway:10", Args: ["migrate"] },
    template: { RestartPolicy: { Condition: "none" } },
  },
  {
    name: "backup-job",
    mounts: [{ of: "rotated", target: "restic_password" }],
    container: { Image: "restic/restic:0.17", Args: ["backup", "/data"] },
    service: { Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 2 } } },
  },
  {
    name: "cleanup-job",
    mounts: [{ of: "rotated", target: "registry_token" }],
    container: { Image: "docker:27-cli", Args: ["system", "prune", "-f"] },
    service: { Mode: { GlobalJob: {} } },
  },
  {
    name: "nightly",
    mounts: [{ of: "rotated", target: "report_token" }],
    container: {
      Image: "report:2024.07",
      Labels: { "swarm.cronjob.enable": "true", "swarm.cronjob.schedule": "*/5 * * * *" },
    },
    template: { RestartPolicy: { Condition: "none" } },
    service: { Mode: { Replicated: { Replicas: 0 } } },
  },
  {
    name: "mosquitto",
    mounts: [{ of: "older", target: "passwd", uid: "1883", gid: "1883", mode: 0o640 }],
    container: { Image: "eclipse-mosquitto:2", Healthcheck: { Test: ["NONE"] } },
    service: {
      EndpointSpec: {
        Ports: [
          { Protocol: "udp", TargetPort: 1883, PublishedPort: 11883, PublishMode: "ingress" },
          { Protocol: "sctp", TargetPort: 1884 },
        ],
      },
    },
  },
  {
    name: "odoo",
    mounts: [
      { of: "other", target: "odoo.conf" },
      { of: "older", target: "pg_pass_old" },
      { of: "rotated", target: "pg_pass" },
    ],
    container: { Image: "odoo:17", Healthcheck: { Interval: 1_500_000_000, StartPeriod: 0, Retries: 0 } },
    service: { Labels: {}, UpdateConfig: { Parallelism: 0, Order: "stop-first", MaxFailureRatio: 1 } },
  },
  {
    name: "telegraf",
    mounts: [{ of: "rotated", target: "influx_token" }],
    container: {
      Image: "telegraf:1.31",
      User: "telegraf:995",
      Groups: ["995"],
      Hostname: "{{.Node.Hostname}}",
      Env: ["HOST_ETC=/hostfs/etc", "TAB=a\tb", "LINES=a\nb\r\n"],
    },
    service: { Mode: { Global: {} } },
  },
  {
    name: "zabbix",
    mounts: [{ of: "rotated", target: "zabbix_psk", mode: 0o777 }],
    container: { Image: "zabbix/zabbix-server-pgsql:alpine-7.0", Init: false, ReadOnly: false, TTY: false },
    template: { ForceUpdate: 7, Placement: {} },
    service: {
      RollbackConfig: {
        Parallelism: 1,
        Delay: second,
        FailureAction: "pause",
        Monitor: 5 * second,
        Order: "start-first",
      },
    },
  },
  {
    name: "drone",
    mounts: [{ of: "rotated", target: "drone_rpc_secret" }],
    container: {
      Image: "drone/drone:2",
      CapabilityDrop: ["CAP_NET_RAW", "CAP_MKNOD"],
      Sysctls: { "10": "x", "9": "y" },
      Labels: { "2": "b", "10": "a", "1": "c" },
    },
  },
  {
    name: "iis",
    mounts: [{ of: "rotated", target: "app.pfx" }],
    container: {
      Image: "mcr.microsoft.com/windows/servercore/iis:windowsservercore-ltsc2022",
      Isolation: "process",
      Mounts: [{ Type: "npipe", Source: "\\\\.\\pipe\\docker_engine", Target: "\\\\.\\pipe\\docker_engine" }],
    },
    template: { Placement: { Constraints: ["node.platform.os == windows"], Platforms: [{ OS: "windows" }] } },
  },
  {
    name: "mailserver",
    mounts: [{ of: "rotated", target: "dkim.private", uid: "102", gid: "104", mode: 0o440 }],
    container: {
      Image: "mailserver/docker-mailserver:14",
      Hostname: "mail",
      Hosts: ["127.0.0.1 mail.example.test"],
      Env: ["EMOJI=🐝", "QUOTE=\"'`\\", "SLASH=</script>"],
    },
    template: {
      Resources: { Limits: { MemoryBytes: 2048 * mebibyte }, Reservations: { MemoryBytes: 1024 * mebibyte } },
      Networks: [{ Target: "network:back" }],
    },
  },
  {
    name: "untouched-by-rotation",
    mounts: [{ of: "other", target: "unrelated", mode: 0o400 }],
    container: { Image: "busybox:1.36", Command: ["top"] },
  },
];
