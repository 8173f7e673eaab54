/** Names that the class registry has in every engine: it serves all installations on it, and setup fills it. */
export const CLASS_REGISTRY = {
  container: "slipway-class-registry",
  network: "slipway-class-registry",
  /** Bridge of its network; the prefix puts it behind the sandboxes' firewall rules. */
  bridge: "slwregistry",
  /** The images. */
  volume: "slipway-class-registry",
  volumeTarget: "/var/lib/registry",
  /** Held by whoever writes to the volume. */
  lockFile: "/var/lib/registry/lock",
  port: 5_000,
  /** How sandboxes call it. */
  alias: "registry",
  /** The images that labs name are `<classNamespace>/<name>`, as on Docker Hub; nobody pushes there but setup. */
  classNamespace: "library",
} as const;
