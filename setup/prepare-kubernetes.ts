import path from "node:path";
import { parseConfig } from "../server/platform/config";
import { DEFAULT_DOCKER_HOST } from "../server/platform/docker-host";
import { interruptible } from "./interruption";
import { runProgram } from "./progress";
import { ensureKubernetes } from "./kubernetes";

const ROOT = path.resolve(import.meta.dirname, "..");

/** `npm start`'s preparation of Kubernetes beside a platform that runs already. SIGTERM ends it with everything that it has begun. */
await runProgram(async () => {
  const { dataFolder, sandbox } = parseConfig(process.env);
  const dockerHost = sandbox.dockerHost ?? DEFAULT_DOCKER_HOST;
  await interruptible(() => ensureKubernetes({ root: ROOT, dataFolder, dockerHost }));
  process.stderr.write("\n  Kubernetes      ready: sandboxes of labs that need it start with a cluster\n");
  return 0;
});
