import { benchDockerStart } from "./sandboxes/start-docker";
import { benchKubernetesStart } from "./sandboxes/start-kubernetes";
import { readOptions } from "./sandboxes/read-options";

/**
 * `start [--profile docker|kubernetes] [--starts 7] [--naive 3]`: from the attendee's request to the first prompt in a sandbox that
 * did not exist, against the plain way to the same, `naive` times.
 */
const { profile, ...counts } = readOptions({ profile: "docker", starts: 7, naive: 3 });

switch (profile) {
  case "docker":
    await benchDockerStart(counts);
    break;
  case "kubernetes":
    await benchKubernetesStart(counts);
    break;
  default:
    throw new Error(`--profile ${profile}: docker or kubernetes`);
}
