package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	listers "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
)

const statusInterval = 5 * time.Second

type router struct {
	ingresses listers.IngressLister
	services  corelisters.ServiceLister
}

// serveIngress is a plain HTTP ingress controller on port 80 of its node: host and path rules to services, no TLS. It takes every
// Ingress, whatever its class. NODE_IP, from the manifest, becomes the address in each Ingress's status.
func serveIngress(client kubernetes.Interface) error {
	factory := informers.NewSharedInformerFactory(client, resync)
	ingresses, services := factory.Networking().V1().Ingresses(), factory.Core().V1().Services()
	routes := &router{ingresses.Lister(), services.Lister()}
	synced := []cache.InformerSynced{ingresses.Informer().HasSynced, services.Informer().HasSynced}
	factory.Start(context.Background().Done())
	if !cache.WaitForCacheSync(context.Background().Done(), synced...) {
		return fmt.Errorf("ingresses and services cannot be read")
	}
	go routes.keepStatus(client, os.Getenv("NODE_IP"))
	server := &http.Server{Addr: ":80", Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

func (r *router) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	backend, found := r.find(request.Host, request.URL.Path)
	if !found {
		http.Error(writer, "no Ingress has a rule for "+request.Host+request.URL.Path, http.StatusNotFound)
		return
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: backend})
	proxy.ErrorHandler = func(writer http.ResponseWriter, _ *http.Request, err error) {
		log.Printf("%s: %v", backend, err)
		http.Error(writer, "the service behind this path does not answer", http.StatusBadGateway)
	}
	proxy.ServeHTTP(writer, request)
}

type match struct {
	namespace string
	backend   networkingv1.IngressBackend
	// By the specification: an exact path wins, then the longest, and a named host wins over none.
	rank int
}

// find answers "address:port" of the service behind the best rule.
func (r *router) find(host, path string) (string, bool) {
	ingresses, err := r.ingresses.List(labels.Everything())
	if err != nil {
		return "", false
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	var matches []match
	for _, ingress := range ingresses {
		matches = append(matches, matchesOf(ingress, host, path)...)
	}
	sort.SliceStable(matches, func(a, b int) bool { return matches[a].rank > matches[b].rank })
	for _, candidate := range matches {
		if address, found := r.addressOf(candidate); found {
			return address, true
		}
	}
	return "", false
}

func matchesOf(ingress *networkingv1.Ingress, host, path string) []match {
	var found []match
	if ingress.Spec.DefaultBackend != nil {
		found = append(found, match{ingress.Namespace, *ingress.Spec.DefaultBackend, -1})
	}
	for _, rule := range ingress.Spec.Rules {
		hostRank, fits := rankHost(rule.Host, host)
		if !fits || rule.HTTP == nil {
			continue
		}
		for _, candidate := range rule.HTTP.Paths {
			if pathRank, fits := rankPath(candidate, path); fits {
				found = append(found, match{ingress.Namespace, candidate.Backend, hostRank + pathRank})
			}
		}
	}
	return found
}

func rankHost(wanted, host string) (int, bool) {
	switch {
	case wanted == "":
		return 0, true
	case wanted == host:
		return 2_000_000, true
	case strings.HasPrefix(wanted, "*.") && strings.HasSuffix(host, wanted[1:]):
		return 1_000_000, !strings.Contains(strings.TrimSuffix(host, wanted[1:]), ".")
	}
	return 0, false
}

func rankPath(candidate networkingv1.HTTPIngressPath, path string) (int, bool) {
	wanted := candidate.Path
	if candidate.PathType != nil && *candidate.PathType == networkingv1.PathTypeExact {
		return 2*len(wanted) + 1, wanted == path
	}
	trimmed := strings.TrimSuffix(wanted, "/")
	return 2 * len(trimmed), path == trimmed || strings.HasPrefix(path, trimmed+"/")
}

func (r *router) addressOf(candidate match) (string, bool) {
	if candidate.backend.Service == nil {
		return "", false
	}
	service, err := r.services.Services(candidate.namespace).Get(candidate.backend.Service.Name)
	if err != nil || service.Spec.ClusterIP == "" || service.Spec.ClusterIP == corev1.ClusterIPNone {
		return "", false
	}
	wanted := candidate.backend.Service.Port
	for _, port := range service.Spec.Ports {
		if port.Port == wanted.Number || (wanted.Name != "" && port.Name == wanted.Name) {
			return net.JoinHostPort(service.Spec.ClusterIP, fmt.Sprint(port.Port)), true
		}
	}
	return "", false
}

func (r *router) keepStatus(client kubernetes.Interface, address string) {
	for ; ; time.Sleep(statusInterval) {
		ingresses, err := r.ingresses.List(labels.Everything())
		if err != nil {
			continue
		}
		for _, ingress := range ingresses {
			seen := ingress.Status.LoadBalancer.Ingress
			if len(seen) == 1 && seen[0].IP == address {
				continue
			}
			changed := ingress.DeepCopy()
			changed.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: address}}
			_, err := client.NetworkingV1().Ingresses(ingress.Namespace).UpdateStatus(context.Background(), changed, metav1.UpdateOptions{})
			if err != nil {
				log.Printf("status of %s/%s: %v", ingress.Namespace, ingress.Name, err)
			}
		}
	}
}
