import { AppError } from "../../../platform/errors";
import { EngineRefusal, unlessRefused, type EngineApi } from "./engine-api";
import { bridgeName, subnetCount, subnetFor, type Subnet } from "./subnets";

/** A collision moves on to the next subnet; this many in a row mean that the block is as good as full. */
const ATTEMPTS_MAX = 256;

export interface NetworkPlan {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly addressBlock: string;
}

/**
 * Makes a sandbox's own network exist and answers its subnet. Idempotent on the name.
 *
 * @throws AppError `sandbox.capacity-exhausted` when the address block has no free place.
 */
export async function ensureSandboxNetwork(engine: EngineApi, plan: NetworkPlan): Promise<Subnet> {
  const attemptsMax = Math.min(ATTEMPTS_MAX, subnetCount(plan.addressBlock));
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const subnet = subnetFor(plan.name, attempt, plan.addressBlock);
    const outcome = await createNetwork(engine, plan, subnet);
    if (outcome === "created") return subnet;
    if (outcome === "exists") return readSubnet(engine, plan);
  }
  throw new AppError("sandbox.capacity-exhausted", `no free subnet in ${plan.addressBlock}`);
}

async function createNetwork(
  engine: EngineApi,
  { name, labels }: NetworkPlan,
  subnet: Subnet,
): Promise<"created" | "exists" | "overlaps"> {
  try {
    await engine.call(
      "create network",
      (docker) =>
        docker.createNetwork({
          Name: name,
          CheckDuplicate: true,
          Driver: "bridge",
          EnableIPv6: false,
          Labels: labels,
          IPAM: { Driver: "default", Config: [{ Subnet: subnet.cidr, Gateway: subnet.gateway }] },
          Options: { "com.docker.network.bridge.name": bridgeName(name) },
        }),
      { timeoutMs: 20_000 },
    );
    return "created";
  } catch (caught) {
    if (!(caught instanceof EngineRefusal)) throw caught;
    if (caught.statusCode === 409) return "exists";
    if (/overlap|already in use/i.test(caught.message)) return "overlaps";
    throw caught;
  }
}

async function readSubnet(engine: EngineApi, { name, addressBlock }: NetworkPlan): Promise<Subnet> {
  const network = await unlessRefused(
    [404],
    engine.call("inspect network", (docker) => docker.getNetwork(name).inspect() as Promise<unknown>),
  );
  const cidr = (network as { IPAM?: { Config?: { Subnet?: string }[] } } | undefined)?.IPAM?.Config?.[0]
    ?.Subnet;
  for (let attempt = 0; attempt < subnetCount(addressBlock); attempt += 1) {
    const subnet = subnetFor(name, attempt, addressBlock);
    if (subnet.cidr === cidr) return subnet;
  }
  throw new AppError(
    "sandbox.start-failed",
    `network ${name} has a subnet of another address block: ${cidr ?? "none"}`,
  );
}
