import type { Profile } from "../server/protocol";
import { isDebianKindNode } from "./kind-node-image";

export interface ClusterScript {
  /** For people, and in errors. */
  readonly what: string;
  readonly user: "attendee" | "root";
  readonly script: string;
}

const WORKERS: Readonly<Record<Exclude<Profile, "docker">, number>> = {
  kubernetes: 0,
  "kubernetes-multinode": 2,
};

/** What makes the cluster of a profile in a sandbox whose engine holds `nodeImage`. Part of the template's hash. */
export function clusterScripts(
  profile: Exclude<Profile, "docker">,
  nodeImage: string,
): readonly ClusterScript[] {
  return [
    { what: "naming the node image", user: "root", script: nameImage(nodeImage) },
    {
      what: "creating the cluster",
      user: "attendee",
      script: createCluster(WORKERS[profile], kubeadmPatch(nodeImage)),
    },
    { what: "sparing the disk", user: "root", script: SET_NOTHING_ASIDE },
    { what: "fixing addresses", user: "root", script: FIX_ADDRESSES },
    { what: "starting it once more", user: "attendee", script: WAIT_UNTIL_READY },
    { what: "tidying up", user: "root", script: TIDY_UP },
  ];
}

/** Served by 1.20 beside the stable version of the same, and by no current Kubernetes any more. */
const SUPERSEDED_APIS = [
  ...[
    "admissionregistration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiregistration.k8s.io/v1beta1",
  ],
  ...["authentication.k8s.io/v1beta1", "authorization.k8s.io/v1beta1", "autoscaling/v2beta1"],
  ...[
    "certificates.k8s.io/v1beta1",
    "coordination.k8s.io/v1beta1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
  ],
  ...["networking.k8s.io/v1beta1", "node.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1beta1"],
  ...["scheduling.k8s.io/v1beta1", "storage.k8s.io/v1beta1"],
];

/**
 * What an API server of 1.20 can do without: half of its start goes to describing every version of every kind, and two fifths of its idle
 * time to counting who is to be served first (priority and fairness, `flowcontrol`), where there is one client. Figures: ADR 0013.
 */
const SPARE_API_SERVER = `    apiServer:
      extraArgs:
        enable-priority-and-fairness: "false"
        runtime-config: "${[...SUPERSEDED_APIS, "flowcontrol.apiserver.k8s.io/v1beta1"].map((api) => `${api}=false`).join(",")}"
`;

/**
 * A control plane of one is its own leader: etcd need not wait a second for rivals at each start, nor the other two fifteen for the
 * lease of the process that they were before. etcd wakes up with every heartbeat, so these are no shorter than a start needs.
 */
const kubeadmPatch = (nodeImage: string): string => `kubeadmConfigPatches:
  - |
    kind: ClusterConfiguration
${isDebianKindNode(nodeImage) ? SPARE_API_SERVER : ""}    etcd:
      local:
        extraArgs:
          heartbeat-interval: "50"
          election-timeout: "250"
    controllerManager:
      extraArgs:
        leader-elect: "false"
    scheduler:
      extraArgs:
        leader-elect: "false"
`;

const ROLLED_OUT = `for workload in deployment/coredns daemonset/kube-proxy daemonset/kindnet; do
  kubectl -n kube-system rollout status $workload --timeout=120s
done
`;

/** `kind create cluster` without an image takes this one: see /usr/local/bin/kind. */
function nameImage(nodeImage: string): string {
  return `set -euo pipefail
version=$(docker run --rm --entrypoint cat ${nodeImage} /kind/version)
docker tag ${nodeImage} slipway/kind-node:$version
docker rmi ${nodeImage} >/dev/null
echo slipway/kind-node:$version >/etc/slipway-kind-node-image
# An address can be fixed only in a network whose range somebody has chosen; kind takes the network that it finds.
docker network create --subnet 172.18.0.0/24 --gateway 172.18.0.1 -o com.docker.network.bridge.enable_ip_masquerade=true kind >/dev/null
# What labs apply.
mkdir -p /opt/slipway/manifests
holder=$(docker create slipway/kind-node:$version)
docker cp $holder:/kind/manifests/. /opt/slipway/manifests/
docker rm $holder >/dev/null
rm -f /opt/slipway/manifests/default-*.yaml
`;
}

/**
 * A dynamic volume is a folder of whichever node its pod runs on (`default-storage.yaml`). Of several nodes that is one folder of the
 * sandbox, so that a pod finds its volume on the next node too.
 */
const SHARED_VOLUMES = "extraMounts: [{ hostPath: /var/lib/kind-volumes, containerPath: /var/lib/volumes }]";

function createCluster(workers: number, patch: string): string {
  const roles = ["control-plane", ...Array.from({ length: workers }, () => "worker")];
  const nodes = roles.map((role) => `  - role: ${role}${workers === 0 ? "" : `\n    ${SHARED_VOLUMES}`}`);
  return `set -euo pipefail
kind create cluster --wait 180s --config - <<'END'
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
networking:
  apiServerAddress: 127.0.0.1
  apiServerPort: 6443
nodes:
${nodes.join("\n")}
${patch}END
# One is enough here, and names should be found within a second of its start, not ten.
kubectl -n kube-system patch deployment coredns --patch '{"spec": {"replicas": 1, "template": {"spec": {"containers": [
  {"name": "coredns", "readinessProbe": {"periodSeconds": 1}}]}}}}'
${ROLLED_OUT}`;
}

/**
 * etcd sets 64 MB aside for its log, twice, in every copy anew. Where the kernel says that it cannot, etcd takes what it needs as it goes.
 * The rule is given to it as Kubernetes gives such rules to any pod.
 */
const SET_NOTHING_ASIDE = `set -euo pipefail
docker exec -i kind-control-plane sh -s <<'END'
set -eu
mkdir -p /var/lib/kubelet/seccomp
echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["fallocate"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}' \\
  >/var/lib/kubelet/seccomp/etcd.json
manifest=/etc/kubernetes/manifests/etcd.yaml
sed -e '/^  securityContext:$/,/^      type: /d' \\
  -e 's/^  hostNetwork: true$/&\\n  securityContext:\\n    seccompProfile:\\n      type: Localhost\\n      localhostProfile: etcd.json/' \\
  $manifest >/tmp/etcd.yaml
grep -q 'localhostProfile: etcd.json' /tmp/etcd.yaml
cat /tmp/etcd.yaml >$manifest && rm /tmp/etcd.yaml
END
`;

/**
 * A node that gets another address at its next start has certificates for the wrong one. And they come back with the engine, `always`:
 * one that is killed while it starts remembers the nodes that it had to end as stopped by hand.
 */
const FIX_ADDRESSES = `set -euo pipefail
nodes=$(docker ps -q --filter label=io.x-k8s.kind.cluster=kind)
docker update --restart=always $nodes >/dev/null
for node in $nodes; do
  address=$(docker inspect -f '{{(index .NetworkSettings.Networks "kind").IPAddress}}' $node)
  echo "$node $address"
done >/tmp/addresses
docker stop --time 20 $nodes >/dev/null
while read -r node address; do
  docker network disconnect kind $node
  docker network connect --ip $address kind $node
done </tmp/addresses
rm /tmp/addresses
docker start $nodes >/dev/null
`;

const WAIT_UNTIL_READY = `set -euo pipefail
started=$(date +%s)
until kubectl get --raw /readyz >/dev/null 2>&1; do
  (( $(date +%s) - started < 120 )) || { echo "the API did not come back"; docker ps -a; exit 1; }
  sleep 0.2
done
kubectl wait node --all --for=condition=Ready --timeout=120s
${ROLLED_OUT}`;

/**
 * The kubelet clears away the pods of before the stop while it already starts them anew, trips over what is gone, and tries again a second
 * later. In a template there are none: containerd, without its part for the kubelet, is made to forget them.
 */
const TIDY_UP = `set -euo pipefail
for node in $(docker ps -q --filter label=io.x-k8s.kind.cluster=kind); do
  docker exec -i $node sh -s <<'END'
set -eu
systemctl stop kubelet
if command -v crictl >/dev/null; then
  crictl rmp --all --force >/dev/null
else
  systemctl stop containerd
  sed 's/^disabled_plugins = \\[/&"io.containerd.grpc.v1.cri", /' /etc/containerd/config.toml >/run/forgetful.toml
  grep -q 'disabled_plugins = .*grpc.v1.cri' /run/forgetful.toml
  containerd --config /run/forgetful.toml >/dev/null 2>&1 &
  tries=0
  until ctr version >/dev/null 2>&1; do
    tries=$((tries + 1)); [ $tries -lt 100 ] || { echo "containerd does not answer"; exit 1; }
    sleep 0.1
  done
  for container in $(ctr -n k8s.io containers ls -q); do
    ctr -n k8s.io tasks rm --force $container >/dev/null 2>&1 || true
    ctr -n k8s.io containers rm $container
  done
  kill $!
  wait $! || true
fi
rm -rf /var/log/pods/* /var/log/containers/* /var/log/journal/* /run/log/journal/*
sync
END
done
rm -rf /home/attendee/.kube/cache
`;
