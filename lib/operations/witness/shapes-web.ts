import "server-only";
import { bind, config, long, mebibyte, type Shape, second, volume } from "./shape.ts";

/** What stands in front, and what people open in a browser. */
export const webShapes: Shape[] = [
  {
    name: "traefik",
    mounts: [{ of: "rotated", target: "cf_dns_api_token", mode: 0o400 }],
    container: {
      Image: "traefik:v3.1",
      Args: ["--providers.swarm.endpoint=unix:///var/run/docker.sock", "--entrypoints.websecure.address=:443"],
      Env: ["CF_DNS_API_TOKEN_FILE=/run/secrets/cf_dns_api_token"],
      Mounts: [bind("/var/run/docker.sock", "/var/run/docker.sock", { ReadOnly: true }), volume("acme", "/acme")],
    },
    template: {
      Placement: { Constraints: ["node.role == manager"], Platforms: [{ Architecture: "amd64", OS: "linux" }] },
      Networks: [{ Target: "network:public", Aliases: ["proxy"] }],
    },
    service: {
      Labels: {
        "traefik.enable": "true",
        "traefik.http.middlewares.auth.basicauth.users": "admin:$$apr1$$q8eZFHjF$$Fvmkk//V6Btlaf2i/ju5n/",
        "traefik.http.routers.api.rule": "Host(`proxy.example.test`) && PathPrefix(`/`)",
      },
      UpdateConfig: { Parallelism: 1, Order: "start-first", FailureAction: "rollback", MaxFailureRatio: 0.15 },
      EndpointSpec: {
        Mode: "vip",
        Ports: [
          { Protocol: "tcp", TargetPort: 80, PublishedPort: 18080, PublishMode: "host" },
          { Protocol: "tcp", TargetPort: 443, PublishedPort: 18443, PublishMode: "host" },
        ],
      },
    },
  },
  {
    name: "nginx",
    mounts: [
      { of: "other", target: "site.crt" },
      { of: "rotated", target: "site.key", uid: "101", gid: "101", mode: 0o440 },
    ],
    container: {
      Image: "nginx:1.27-alpine",
      ReadOnly: true,
      Mounts: [{ Type: "tmpfs", Target: "/var/cache/nginx", TmpfsOptions: { SizeBytes: 64 * mebibyte, Mode: 0o1777 } }],
      Configs: [
        config("nginx-conf", "/etc/nginx/nginx.conf"),
        config("site-conf", "/etc/nginx/conf.d/site.conf", 0o440),
      ],
    },
    service: { UpdateConfig: { Parallelism: 2, Delay: 10 * second, Order: "start-first" } },
  },
  {
    name: "caddy",
    mounts: [{ of: "rotated", target: "/etc/caddy/dns-token", uid: "1000", gid: "1000", mode: 0o400 }],
    container: {
      Image: "caddy:2",
      User: "1000:1000",
      CapabilityAdd: ["CAP_NET_BIND_SERVICE"],
      CapabilityDrop: ["ALL"],
      Configs: [config("caddyfile", "/etc/caddy/Caddyfile")],
    },
    service: { Mode: { Global: {} } },
  },
  {
    name: "haproxy",
    mounts: [
      { of: "rotated", target: "haproxy.pem" },
      { of: "rotated", target: "stats.pem", mode: 0o400 },
    ],
    container: {
      Image: "haproxy:3.0",
      Sysctls: { "net.ipv4.ip_unprivileged_port_start": "0", "net.core.somaxconn": "4096" },
      Ulimits: [{ Name: "nofile", Hard: 200_000, Soft: 100_000 }],
      StopSignal: "SIGUSR1",
    },
    service: { EndpointSpec: { Mode: "dnsrr" } },
  },
  {
    name: "wordpress",
    mounts: [{ of: "rotated", target: "wordpress_db_password" }],
    container: {
      Image: "wordpress:6-php8.3-apache",
      Env: ["WORDPRESS_DB_HOST=mysql", "WORDPRESS_DB_PASSWORD_FILE=/run/secrets/wordpress_db_password"],
      Mounts: [
        volume("wp", "/var/www/html", {
          VolumeOptions: {
            NoCopy: true,
            Labels: { backup: "daily" },
            DriverConfig: { Name: "local", Options: { o: "addr=nas,rw", type: "nfs" } },
          },
        }),
      ],
    },
    template: { Networks: [{ Target: "network:public" }, { Target: "network:back", Aliases: ["wp", "blog"] }] },
    service: { Mode: { Replicated: { Replicas: 3 } } },
  },
  {
    name: "ghost",
    mounts: [{ of: "rotated", target: "ghost_mail_password" }],
    container: {
      Image: "ghost:5",
      Env: ["mail__options__auth__pass__file=/run/secrets/ghost_mail_password", "title=Grüße – “Blog” \u2028 <&> 蜂"],
      Healthcheck: {
        Test: ["CMD-SHELL", "wget -qO- http://localhost:2368/ghost/api/admin/site/ || exit 1"],
        Interval: 30 * second,
        Timeout: 5 * second,
        Retries: 4,
        StartPeriod: 60 * second,
      },
    },
  },
  {
    name: "nextcloud",
    mounts: [
      { of: "rotated", target: "nc_db_password", uid: "33", gid: "33", mode: 0o440 },
      { of: "other", target: "nc_admin_password", uid: "33", gid: "33", mode: 0o440 },
    ],
    container: { Image: "nextcloud:29", Hosts: ["10.0.0.9 mail.internal mail", "10.0.0.10 ldap"], Init: true },
    template: { Resources: { Limits: { NanoCPUs: 1_500_000_000, MemoryBytes: 512 * mebibyte } } },
  },
  {
    name: "gitea",
    mounts: [{ of: "rotated", target: "gitea_db" }],
    container: {
      Image: "gitea/gitea:1.22",
      Env: ["USER_UID=1000", "EMPTY=", "NO_VALUE"],
      Hostname: "git-{{.Task.Slot}}",
    },
    template: { Resources: { Reservations: { MemoryBytes: long("9007199254740993") } } },
    service: { Labels: { "10": "ten", "9": "nine", "1": "one", a: "" } },
  },
  {
    name: "gitlab",
    mounts: [{ of: "rotated", target: "gitlab_root_password" }],
    container: {
      Image: "gitlab/gitlab-ce:17.2.1-ce.0",
      Env: ["GITLAB_OMNIBUS_CONFIG=from_file('/omnibus_config.rb')"],
      Configs: [config("gitlab-rb", "/omnibus_config.rb")],
      StopGracePeriod: long("9007199254740993"),
    },
    template: { Resources: { Limits: { MemoryBytes: long("9223372036854775807") } } },
  },
  {
    name: "registry",
    mounts: [
      { of: "rotated", target: "domain.key" },
      { of: "other", target: "domain.crt" },
      { of: "older", target: "old.key" },
    ],
    container: { Image: "registry:2", Env: ["REGISTRY_HTTP_TLS_KEY=/run/secrets/domain.key"] },
    template: {
      Placement: { Constraints: ["node.labels.registry == true", "node.hostname != old-1"], MaxReplicas: 1 },
    },
  },
  {
    name: "keycloak",
    mounts: [{ of: "rotated", target: "kc_db", uid: "1000", mode: 0o400 }],
    container: {
      Image: "quay.io/keycloak/keycloak:25.0@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
      Command: ["/bin/sh", "-c"],
      Args: ['export KC_DB_PASSWORD="$(cat /run/secrets/kc_db)"; exec /opt/keycloak/bin/kc.sh start'],
    },
    service: {
      RollbackConfig: {
        Parallelism: 0,
        FailureAction: "continue",
        Monitor: 20 * second,
        MaxFailureRatio: 0,
        Order: "stop-first",
      },
    },
  },
  {
    name: "mattermost",
    mounts: [{ of: "rotated", target: "mm_license" }],
    container: {
      Image: "mattermost/mattermost-team-edition:9.11",
      Dir: "/mattermost",
      Groups: ["2000", "audio"],
      TTY: true,
      OpenStdin: true,
    },
    template: {
      LogDriver: { Name: "json-file", Options: { "max-size": "10m", "max-file": "3", tag: "{{.Name}}/{{.ID}}" } },
    },
  },
];
