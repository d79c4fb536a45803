import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  // Next would redirect before the front door has looked at the name that was asked for.
  skipTrailingSlashRedirect: true,
  images: { unoptimized: true },
  serverExternalPackages: ["dockerode", "pg", "pino"],
  logging: { serverFunctions: false },
  // Far above what a secret holds: an action that is sent too much answers in a sentence; beyond this, Next cuts it off.
  experimental: { serverActions: { bodySizeLimit: "8mb" } },
};

export default config;
