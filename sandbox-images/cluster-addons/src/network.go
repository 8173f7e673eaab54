package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
)

const (
	cniConfigFile  = "/etc/cni/net.d/10-slipway.conflist"
	resyncInterval = 30 * time.Second
	retryInterval  = 300 * time.Millisecond
	podMTU         = 1500
)

// keepNetwork gives this node's pods their address range and a route to every other node's pods, and hides pods behind their node
// when they talk to anything outside the cluster. Runs on every node, in its network. NODE_NAME and POD_SUBNET come from the manifest.
func keepNetwork(client kubernetes.Interface) error {
	self, podSubnet := os.Getenv("NODE_NAME"), os.Getenv("POD_SUBNET")
	if _, _, err := net.ParseCIDR(podSubnet); err != nil || self == "" {
		return fmt.Errorf("NODE_NAME or POD_SUBNET is not set as it should be: %q %q", self, podSubnet)
	}
	for {
		// Until kube-proxy has done its work nothing answers at the API's service address; later, a node may be going down.
		if err := bringUpToDate(client, self, podSubnet); err != nil {
			log.Print(err)
			time.Sleep(retryInterval)
		}
	}
}

// Gives, routes and hides once, then waits until there is something new.
func bringUpToDate(client kubernetes.Interface, self, podSubnet string) error {
	nodes, err := client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	for index := range nodes.Items {
		if err := reach(&nodes.Items[index], self); err != nil {
			return err
		}
	}
	if err := masquerade(podSubnet); err != nil {
		return err
	}
	return waitForChange(client, nodes)
}

func reach(node *corev1.Node, self string) error {
	address := internalAddress(node)
	if node.Spec.PodCIDR == "" || address == "" {
		return nil
	}
	if node.Name == self {
		return writeCNIConfig(node.Spec.PodCIDR)
	}
	return run("ip", "route", "replace", node.Spec.PodCIDR, "via", address)
}

// Ends when a node has come, gone, moved or got its range; in any case after a while, so that what somebody deletes by hand comes back.
func waitForChange(client kubernetes.Interface, nodes *corev1.NodeList) error {
	known := map[string]string{}
	for index := range nodes.Items {
		known[nodes.Items[index].Name] = placeOf(&nodes.Items[index])
	}
	timeout := int64(resyncInterval / time.Second)
	options := metav1.ListOptions{ResourceVersion: nodes.ResourceVersion, TimeoutSeconds: &timeout}
	watcher, err := client.CoreV1().Nodes().Watch(context.Background(), options)
	if err != nil {
		return err
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		node, isNode := event.Object.(*corev1.Node)
		if !isNode || event.Type == watch.Deleted || known[node.Name] != placeOf(node) {
			return nil
		}
	}
	return nil
}

func placeOf(node *corev1.Node) string { return node.Spec.PodCIDR + " " + internalAddress(node) }

func internalAddress(node *corev1.Node) string {
	for _, address := range node.Status.Addresses {
		if address.Type == corev1.NodeInternalIP {
			return address.Address
		}
	}
	return ""
}

func writeCNIConfig(podCIDR string) error {
	config := map[string]interface{}{
		"cniVersion": "0.3.1",
		"name":       "slipway",
		"plugins": []interface{}{
			map[string]interface{}{
				"type": "ptp", "ipMasq": false, "mtu": podMTU,
				"ipam": map[string]interface{}{
					"type": "host-local", "dataDir": "/run/cni-ipam-state",
					"routes": []interface{}{map[string]string{"dst": "0.0.0.0/0"}},
					"ranges": []interface{}{[]interface{}{map[string]string{"subnet": podCIDR}}},
				},
			},
			map[string]interface{}{"type": "portmap", "capabilities": map[string]bool{"portMappings": true}},
		},
	}
	wanted, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return err
	}
	if seen, err := os.ReadFile(cniConfigFile); err == nil && string(seen) == string(wanted) {
		return nil
	}
	// Whole or not at all: the kubelet may read it at any moment.
	draft := filepath.Join(filepath.Dir(cniConfigFile), ".draft")
	if err := os.WriteFile(draft, wanted, 0o644); err != nil {
		return err
	}
	log.Printf("pods of this node have addresses of %s", podCIDR)
	return os.Rename(draft, cniConfigFile)
}

func masquerade(podSubnet string) error {
	rule := []string{"POSTROUTING", "-s", podSubnet, "!", "-d", podSubnet, "-m", "addrtype", "!", "--dst-type", "LOCAL", "-j", "MASQUERADE"}
	check := append([]string{"-w", "-t", "nat", "-C"}, rule...)
	if exec.Command("iptables", check...).Run() == nil {
		return nil
	}
	return run("iptables", append([]string{"-w", "-t", "nat", "-A"}, rule...)...)
}

func run(program string, arguments ...string) error {
	if output, err := exec.Command(program, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %v: %s", program, strings.Join(arguments, " "), err, output)
	}
	return nil
}
