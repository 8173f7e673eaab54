import path from "node:path";
import { parseConfig } from "../server/platform/config";
import { DEFAULT_DOCKER_HOST } from "../server/platform/docker-host";
import { explain } from "./progress";
import { ensureKubernetes } from "./kubernetes";

const ROOT = path.resolve(import.meta.dirname, "..");

/** `npm start`'s preparation of Kubernetes beside a platform that runs already. Ended by SIGTERM; the next one clears up after it. */
try {
  const { dataFolder, sandbox } = parseConfig(process.env);
  await ensureKubernetes({ root: ROOT, dataFolder, dockerHost: sandbox.dockerHost ?? DEFAULT_DOCKER_HOST });
  process.stderr.write("\n  Kubernetes      ready: sandboxes of labs that need it start with a cluster\n");
} catch (caught) {
  explain(caught);
  process.exitCode = 1;
}
