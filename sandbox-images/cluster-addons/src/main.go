// Command cluster-addons is what a small cluster needs beside Kubernetes itself: DNS, the pod network, an ingress controller and
// the resource metrics that "kubectl top" shows. One program, because each of them is a few pages and the client that they share is large.
package main

import (
	"fmt"
	"log"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	apiInterval = 100 * time.Millisecond
	apiTimeout  = 500 * time.Millisecond
)

// An addon runs until it fails; the kubelet starts it again.
type addon func(client kubernetes.Interface) error

var addons = map[string]addon{
	"dns":     serveDNS,
	"ingress": serveIngress,
	"metrics": serveMetrics,
	"network": keepNetwork,
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 || addons[os.Args[1]] == nil {
		// What follows the name is ignored: kubeadm starts its DNS with CoreDNS's flags.
		fmt.Fprintln(os.Stderr, "usage: cluster-addons dns|ingress|metrics|network")
		os.Exit(2)
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatalf("no service account: %v", err)
	}
	config.QPS, config.Burst = 20, 40
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	if err := waitForAPI(config); err != nil {
		log.Fatal(err)
	}
	log.Fatal(addons[os.Args[1]](client))
}

// waitForAPI returns once the API answers at its service address, which is when kube-proxy has done its work. Until then connections
// are not refused but lost, and watches that begin too early pause for longer and longer between their tries.
func waitForAPI(config *rest.Config) error {
	impatient := rest.CopyConfig(config)
	impatient.Timeout = apiTimeout
	client, err := kubernetes.NewForConfig(impatient)
	if err != nil {
		return err
	}
	for {
		_, err := client.Discovery().ServerVersion()
		if err == nil {
			return nil
		}
		log.Printf("waiting for the API: %v", err)
		time.Sleep(apiInterval)
	}
}
