package main

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

func testZone() *zone {
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	services := cache.NewIndexer(cache.MetaNamespaceKeyFunc, indexers)
	endpoints := cache.NewIndexer(cache.MetaNamespaceKeyFunc, indexers)
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Namespace: "shop"} }
	ports := []corev1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}}
	_ = services.Add(&corev1.Service{ObjectMeta: meta("web"), Spec: corev1.ServiceSpec{ClusterIP: "10.96.0.7", Ports: ports}})
	_ = services.Add(&corev1.Service{ObjectMeta: meta("db"), Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone}})
	_ = services.Add(&corev1.Service{
		ObjectMeta: meta("away"),
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.org"},
	})
	_ = endpoints.Add(&corev1.Endpoints{ObjectMeta: meta("db"), Subsets: []corev1.EndpointSubset{{
		Addresses:         []corev1.EndpointAddress{{IP: "10.244.0.5", Hostname: "db-0"}, {IP: "10.244.1.6", Hostname: "db-1"}},
		NotReadyAddresses: []corev1.EndpointAddress{{IP: "10.244.1.7"}},
	}}})
	return &zone{listers.NewServiceLister(services), listers.NewEndpointsLister(endpoints)}
}

func TestResolve(t *testing.T) {
	for _, row := range []struct {
		name    string
		kind    uint16
		want    []string
		isKnown bool
		isOurs  bool
	}{
		{"web.shop.svc.cluster.local.", dns.TypeA, []string{"10.96.0.7"}, true, true},
		{"web.shop.svc.cluster.local.", dns.TypeAAAA, nil, true, true},
		{"web.other.svc.cluster.local.", dns.TypeA, nil, false, true},
		{"db.shop.svc.cluster.local.", dns.TypeA, []string{"10.244.0.5", "10.244.1.6"}, true, true},
		{"db-1.db.shop.svc.cluster.local.", dns.TypeA, []string{"10.244.1.6"}, true, true},
		{"db-9.db.shop.svc.cluster.local.", dns.TypeA, nil, false, true},
		{"x.web.shop.svc.cluster.local.", dns.TypeA, nil, false, true},
		{"_http._tcp.web.shop.svc.cluster.local.", dns.TypeSRV, []string{"80 web.shop.svc.cluster.local."}, true, true},
		{"_ftp._tcp.web.shop.svc.cluster.local.", dns.TypeSRV, nil, false, true},
		{"away.shop.svc.cluster.local.", dns.TypeA, []string{"example.org."}, true, true},
		{"10-244-0-5.shop.pod.cluster.local.", dns.TypeA, []string{"10.244.0.5"}, true, true},
		{"7.0.96.10.in-addr.arpa.", dns.TypePTR, []string{"web.shop.svc.cluster.local."}, true, true},
		{"8.0.96.10.in-addr.arpa.", dns.TypePTR, nil, true, false},
		{"svc.cluster.local.", dns.TypeA, nil, true, true},
		{"example.org.", dns.TypeA, nil, false, false},
	} {
		records, isKnown, isOurs := testZone().resolve(row.name, row.kind)
		seen := []string{}
		for _, record := range records {
			seen = append(seen, textOf(record))
		}
		if isKnown != row.isKnown || isOurs != row.isOurs || len(seen) != len(row.want) {
			t.Errorf("%s: %v known=%v ours=%v", row.name, seen, isKnown, isOurs)
			continue
		}
		for index := range seen {
			if seen[index] != row.want[index] {
				t.Errorf("%s: %v, wanted %v", row.name, seen, row.want)
			}
		}
	}
}

func textOf(record dns.RR) string {
	switch value := record.(type) {
	case *dns.A:
		return value.A.String()
	case *dns.CNAME:
		return value.Target
	case *dns.PTR:
		return value.Ptr
	case *dns.SRV:
		return fmt.Sprintf("%d %s", value.Port, value.Target)
	}
	return record.String()
}
