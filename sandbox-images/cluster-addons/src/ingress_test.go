package main

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	listers "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
)

func path(kind networkingv1.PathType, path, service string) networkingv1.HTTPIngressPath {
	backend := networkingv1.IngressServiceBackend{Name: service, Port: networkingv1.ServiceBackendPort{Name: "http"}}
	return networkingv1.HTTPIngressPath{Path: path, PathType: &kind, Backend: networkingv1.IngressBackend{Service: &backend}}
}

func TestFind(t *testing.T) {
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	ingresses := cache.NewIndexer(cache.MetaNamespaceKeyFunc, indexers)
	services := cache.NewIndexer(cache.MetaNamespaceKeyFunc, indexers)
	for name, address := range map[string]string{"home": "10.96.0.1", "api": "10.96.0.2", "health": "10.96.0.3"} {
		_ = services.Add(&corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop"},
			Spec:       corev1.ServiceSpec{ClusterIP: address, Ports: []corev1.ServicePort{{Name: "http", Port: 8000}}},
		})
	}
	rule := func(host string, paths ...networkingv1.HTTPIngressPath) networkingv1.IngressRule {
		http := &networkingv1.HTTPIngressRuleValue{Paths: paths}
		return networkingv1.IngressRule{Host: host, IngressRuleValue: networkingv1.IngressRuleValue{HTTP: http}}
	}
	prefix, exact := networkingv1.PathTypePrefix, networkingv1.PathTypeExact
	_ = ingresses.Add(&networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: "shop"},
		Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{
			rule("shop.test", path(prefix, "/", "home"), path(prefix, "/api", "api"), path(exact, "/api/health", "health"), path(prefix, "/gone", "gone")),
			rule("*.shop.test", path(prefix, "/", "api")),
		}},
	})
	routes := &router{listers.NewIngressLister(ingresses), corelisters.NewServiceLister(services)}
	for _, row := range []struct{ host, path, want string }{
		{"shop.test", "/", "10.96.0.1:8000"},
		{"shop.test:8080", "/apish", "10.96.0.1:8000"},
		{"shop.test", "/api", "10.96.0.2:8000"},
		{"shop.test", "/api/users", "10.96.0.2:8000"},
		{"shop.test", "/api/health", "10.96.0.3:8000"},
		{"shop.test", "/gone", "10.96.0.1:8000"},
		{"a.shop.test", "/x", "10.96.0.2:8000"},
		{"a.b.shop.test", "/x", ""},
		{"other.test", "/", ""},
	} {
		if seen, _ := routes.find(row.host, row.path); seen != row.want {
			t.Errorf("%s%s goes to %q, wanted %q", row.host, row.path, seen, row.want)
		}
	}
}
