import type { NextConfig } from "next";

export default {
  poweredByHeader: false,
  reactStrictMode: true,
  // The front door compresses nothing either: terminals and events must not wait for a buffer.
  compress: true,
  devIndicators: false,
} satisfies NextConfig;
