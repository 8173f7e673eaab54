import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../../server/platform/config";
import { DEFAULT_DOCKER_HOST } from "../../../server/platform/docker-host";
import type { ClassRegistry } from "../../../server/sandboxes/class-registry";
import { ensureClassRegistry } from "../../../server/sandboxes/drivers/docker/class-registry";
import { ClusterSeat } from "./cluster-seat";
import { hasDocker } from "./docker-fixture";

const NODE_ADDRESS = `kubectl get node kind-control-plane -o jsonpath='{.status.addresses[0].address}'`;
/** For pods that the scheduler places and the node pulls, on a machine that runs other things beside it. */
const PODS_READY = "kubectl wait pod --all --for=condition=Ready --timeout=90s";

describe.skipIf(!hasDocker())("a cluster that is there before its attendee", () => {
  const seat = new ClusterSeat();
  const prefix = `cluster-${randomUUID().slice(0, 8)}`;
  let registry: ClassRegistry;
  const inPeer = (command: string): Promise<string> => seat.type(`kubectl exec peer-0 -- ${command}`);

  beforeAll(async () => {
    const { sandbox } = parseConfig(process.env);
    const dockerHost = sandbox.dockerHost ?? DEFAULT_DOCKER_HOST;
    registry = await ensureClassRegistry({ dockerHost, image: sandbox.classRegistryImage });
    await seat.open("kubernetes");
  });
  afterAll(async () => {
    await seat.close();
    await registry.collect([prefix]);
  });

  it("is Ready at the first prompt, also as k, with completion", async () => {
    expect(await seat.type("kubectl get nodes --no-headers")).toMatch(/^kind-control-plane +Ready /);
    const k = "bash -ic 'k get nodes --output name; complete -p k kubectl' 2>/dev/null";
    expect(await seat.type(k)).toMatch(/^node\/kind-control-plane\n.*__start_kubectl k\n.*__start_kubectl/);
  });

  it("runs an image of the class registry, one that the attendee pushed, and privileged pods", async () => {
    await seat.apply("shop.yaml");
    const attendee = { hostName: "cluster", attendeeName: "Ada", registry: registry.credentialsOf(prefix) };
    await seat.agent.bind(seat.id, attendee, AbortSignal.timeout(10_000));
    const image = `registry:5000/${prefix}/mine:1`;
    await seat.type(`docker pull -q busybox && docker tag busybox ${image} && docker push -q ${image}`);
    await seat.type(`kubectl run mine --image ${image} -- sleep 3600 && ${PODS_READY}`);
    expect(await seat.type("kubectl exec cache -- redis-cli ping")).toBe("PONG");
    expect(await seat.type("kubectl exec mine -- busybox echo mine")).toBe("mine");
    expect(await seat.type("kubectl exec mighty -- sh -c 'mount -t tmpfs none /tmp && echo yes'")).toBe(
      "yes",
    );
  });

  it("refuses the host's disks to a privileged pod", async () => {
    const script = `
      while read -r major minor _ name; do
        case $name in name | "") continue ;; esac
        mknod "/tmp/disk-$name" b "$major" "$minor" && echo made
        if dd if="/tmp/disk-$name" of=/dev/null count=1 2>/dev/null; then echo "$name can be read"; fi
      done </proc/partitions
      mknod /tmp/sg c 21 0
      dd if=/tmp/sg of=/dev/null count=1 2>&1 | grep -q "not permitted" || echo "SCSI devices may be opened"`;
    const said = await seat.type(`kubectl exec -i mighty -- sh <<'END'${script}\nEND`);
    expect(new Set(said.split("\n"))).toEqual(new Set(["made"]));
  });

  it("finds services, pods of a stateful set, and what is outside, by name", async () => {
    await seat.type("kubectl rollout status statefulset/peer --timeout 120s");
    const pods = await seat.type("kubectl get pods -l app=web -o jsonpath='{.items[*].metadata.name}'");
    for (const host of ["web", "web.default.svc.cluster.local"])
      expect(pods.split(" ")).toContain(await inPeer(`wget -qO- -T 5 http://${host}/`));
    expect(await inPeer("hostname -f")).toBe("peer-0.peers.default.svc.cluster.local");
    const address = await seat.type("kubectl get pod peer-1 -o jsonpath='{.status.podIP}'");
    expect(await inPeer("nslookup peer-1.peers.default.svc.cluster.local")).toContain(address);
    expect(await inPeer("nslookup peers.default.svc.cluster.local")).toContain(address);
    const outside = await seat.type("getent hosts registry");
    expect(await inPeer("nslookup registry.slipway.internal")).toContain(outside.split(" ")[0]);
  });

  it("answers on the node's address, by port and by path", async () => {
    await seat.type("kubectl apply --filename /opt/slipway/manifests/");
    await seat.type("kubectl --namespace ingress rollout status daemonset/ingress --timeout 90s");
    const ask = (rest: string): string => `curl -sm 5 http://$(${NODE_ADDRESS})${rest}`;
    expect(await seat.type(ask(":30080"))).toMatch(/^web-/);
    await seat.until(ask("/shop/"), /^in the shop$/m);
    expect(await seat.type(ask("/other"))).toContain("no Ingress has a rule for");
  });

  it("shows logs, forwards ports, and tells what pods and nodes take", async () => {
    expect(await seat.type("kubectl logs deployment/web")).toContain("serving");
    const forward = `kubectl port-forward service/web :80 >/tmp/forward & forwarder=$!
      trap 'kill $forwarder' EXIT
      exec 3< <(tail -n +1 -f /tmp/forward --pid $forwarder)
      read -r -t 20 _ _ from _ <&3 && curl -sm 5 "http://$from/"`;
    expect(await seat.type(forward)).toMatch(/^web-/);
    expect(await seat.until("kubectl top nodes --no-headers", /./, 60_000)).toMatch(
      /^kind-control-plane +\d+m +\d+% +\d+Mi/,
    );
    expect(await seat.until("kubectl top pods --no-headers", /^cache/m, 60_000)).toMatch(
      /^cache +\d+m +\d+Mi/m,
    );
  });

  it("keeps a volume when its pod goes", async () => {
    await inPeer("sh -c 'echo mine >/kept/file'");
    const before = await seat.type("kubectl get pod peer-0 -o jsonpath='{.metadata.uid}'");
    await seat.type("kubectl delete pod peer-0");
    await seat.until("kubectl get pod peer-0 -o jsonpath='{.metadata.uid}'", new RegExp(`^(?!${before}).+`));
    await seat.type("kubectl wait pod peer-0 --for=condition=Ready --timeout=60s");
    expect(await inPeer("cat /kept/file")).toBe("mine");
  });

  it("brings everything back after a sleep: pods, volumes, names, ports", async () => {
    await seat.sleepAndWake();
    expect(await seat.type("kubectl get nodes --no-headers")).toMatch(/^kind-control-plane +Ready /);
    await seat.until("kubectl exec peer-0 -- cat /kept/file", /^mine$/m, 60_000);
    await seat.until("kubectl exec peer-0 -- wget -qO- -T 5 http://web/", /^web-/, 60_000);
    await seat.until(`curl -sm 5 http://$(${NODE_ADDRESS}):30080`, /^web-/);
    await seat.type(PODS_READY);
  });

  it("that was broken before a sleep keeps nobody out: there is a terminal to mend it in", async () => {
    const manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml";
    const inNode = "docker exec kind-control-plane";
    await seat.type(`${inNode} mv ${manifest} /root/`);
    await seat.sleepAndWake();
    expect(await seat.hear("timeout 5 kubectl get nodes >/dev/null 2>&1 || echo silent")).toBe("silent\n");
    await seat.type(`${inNode} mv /root/kube-apiserver.yaml ${manifest}`);
    await seat.until("kubectl get nodes --no-headers", /^kind-control-plane +Ready /);
  });

  it("may be deleted and made again, and another of three nodes beside it", async () => {
    await seat.type("kind delete cluster");
    expect(await seat.hear("kind get clusters")).toContain("No kind clusters found");
    await seat.type("kind create cluster --wait 90s");
    await seat.type("kubectl create deployment again --image busybox -- sleep 3600");
    await seat.type("kubectl rollout status deployment/again --timeout 60s");
    const config =
      "{kind: Cluster, apiVersion: kind.x-k8s.io/v1alpha4, nodes: [{}, {role: worker}, {role: worker}]}";
    await seat.type(`kind create cluster --name second --config - <<<'${config}'`);
    await seat.type("kubectl wait node --all --for=condition=Ready --timeout=90s");
    const names = await seat.type("kubectl get nodes --output name");
    expect(names.split("\n").sort()).toEqual(
      ["control-plane", "worker", "worker2"].map((name) => `node/second-${name}`),
    );
    expect(
      await seat.type(
        "kubectl --context kind-kind get deployment again -o jsonpath='{.status.readyReplicas}'",
      ),
    ).toBe("1");
  });
});

describe.skipIf(!hasDocker())("a cluster of three nodes", () => {
  const seat = new ClusterSeat();
  beforeAll(() => seat.open("kubernetes-multinode"));
  afterAll(() => seat.close());

  const podOn = (node: string): Promise<string> =>
    seat.type(`kubectl get pods -l app=each --field-selector spec.nodeName=${node} --output name`);
  /** The nodes that have a running pod of the deployment, one name a pod. */
  const NODES_OF_MOVING =
    "kubectl get pods -l app=moving --field-selector status.phase=Running -o jsonpath='{.items[*].spec.nodeName}'";

  it("puts a pod on each worker, and they reach each other by address and by name", async () => {
    expect((await seat.type("kubectl get nodes --no-headers")).match(/ Ready /g)).toHaveLength(3);
    await seat.apply("spread.yaml");
    await seat.type("kubectl rollout status daemonset/each --timeout 90s");
    await seat.type("kubectl rollout status deployment/moving --timeout 90s");
    const [one, other] = [await podOn("kind-worker"), await podOn("kind-worker2")];
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const address = await seat.type(`kubectl get ${to} -o jsonpath='{.status.podIP}'`);
      expect(`pod/${await seat.type(`kubectl exec ${from} -- wget -qO- -T 5 http://${address}/`)}`).toBe(to);
      await seat.until(`kubectl exec ${from} -- wget -qO- -T 5 http://each/`, new RegExp(to.slice(4)));
    }
  });

  it("empties a node that is drained, all but the daemon set", async () => {
    await seat.type("kubectl drain kind-worker2 --ignore-daemonsets --timeout 60s");
    await seat.until(NODES_OF_MOVING, /^(kind-worker ?){4}$/m, 60_000);
    expect(await podOn("kind-worker2")).toMatch(/^pod\/each-/);
    await seat.type("kubectl uncordon kind-worker2");
  });

  it("notices a node that stops, moves its pods, and takes it back", async () => {
    await seat.type("docker stop --time 1 kind-worker");
    await seat.type("kubectl wait node/kind-worker --for=condition=Ready=Unknown --timeout=90s");
    expect(await seat.type("kubectl get node kind-worker --no-headers")).toMatch(/ NotReady /);
    await seat.until(NODES_OF_MOVING, /(kind-worker2 ?){4}/, 60_000);
    await seat.type(
      "docker start kind-worker && kubectl wait node/kind-worker --for=condition=Ready --timeout=90s",
    );
    await seat.type("kubectl rollout status daemonset/each --timeout 60s");
  });

  it("gives a pod its volume and its name on whichever node it runs, and a service every node's address", async () => {
    await seat.apply("shop.yaml");
    await seat.type("kubectl rollout status statefulset/peer --timeout 120s");
    await seat.type("kubectl rollout status deployment/web --timeout 90s");
    await seat.type("kubectl exec peer-0 -- sh -c 'echo mine >/kept/file'");
    const nodeOf = "kubectl get pod peer-0 -o jsonpath='{.spec.nodeName}'";
    const node = await seat.type(nodeOf);
    await seat.type(`kubectl cordon ${node} && kubectl delete pod peer-0`);
    await seat.until(nodeOf, new RegExp(`^(?!${node}$)kind-worker`), 60_000);
    await seat.type("kubectl wait pod peer-0 --for=condition=Ready --timeout=60s");
    expect(await seat.type("kubectl exec peer-0 -- cat /kept/file")).toBe("mine");
    await seat.type(`kubectl uncordon ${node}`);
    const address = await seat.type("kubectl get pod peer-0 -o jsonpath='{.status.podIP}'");
    const name = "peer-0.peers.default.svc.cluster.local";
    await seat.until(`kubectl exec peer-1 -- nslookup ${name}`, new RegExp(address), 60_000);
    const nodes = await seat.type(
      `kubectl get nodes -o jsonpath='{.items[*].status.addresses[?(@.type=="InternalIP")].address}'`,
    );
    expect(nodes.split(" ")).toHaveLength(3);
    for (const each of nodes.split(" ")) await seat.until(`curl -sm 5 http://${each}:30080`, /^web-/, 60_000);
  });
});
