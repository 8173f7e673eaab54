import type { NextConfig } from "next";

export default {
  poweredByHeader: false,
  reactStrictMode: true,
  // The front door compresses nothing either: terminals and events must not wait for a buffer.
  compress: true,
  devIndicators: false,
  turbopack: { root: import.meta.dirname },
  // `npm run types` judges types; a first start on somebody's machine must not wait for it again.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: ["node-pty", "dockerode", "pino", "@node-rs/argon2"],
  experimental: { optimizePackageImports: ["radix-ui"] },
} satisfies NextConfig;
