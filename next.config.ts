import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  images: { unoptimized: true },
  serverExternalPackages: ["dockerode", "pg", "pino"],
  logging: { serverFunctions: false },
  experimental: { serverActions: { bodySizeLimit: "1mb" } },
};

export default config;
