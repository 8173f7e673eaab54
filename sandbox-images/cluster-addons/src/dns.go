package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

const (
	clusterZone    = "cluster.local."
	answerTTL      = 5
	forwardTimeout = 2 * time.Second
	resync         = 10 * time.Minute
)

// A zone answers by the DNS specification of Kubernetes (schema 1.1.0): https://github.com/kubernetes/dns/blob/master/docs/specification.md
type zone struct {
	services  listers.ServiceLister
	endpoints listers.EndpointsLister
}

func serveDNS(client kubernetes.Interface) error {
	factory := informers.NewSharedInformerFactory(client, resync)
	services, endpoints := factory.Core().V1().Services(), factory.Core().V1().Endpoints()
	answers := &zone{services.Lister(), endpoints.Lister()}
	synced := []cache.InformerSynced{services.Informer().HasSynced, endpoints.Informer().HasSynced}

	var isReady atomic.Bool
	failed := make(chan error, 4)
	go func() { failed <- http.ListenAndServe(":8080", probe(func() bool { return true })) }()
	go func() { failed <- http.ListenAndServe(":8181", probe(isReady.Load)) }()
	factory.Start(context.Background().Done())
	if !cache.WaitForCacheSync(context.Background().Done(), synced...) {
		return fmt.Errorf("services and endpoints cannot be read")
	}
	upstreams, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return err
	}
	handler := dns.HandlerFunc(func(writer dns.ResponseWriter, query *dns.Msg) { answer(answers, upstreams, writer, query) })
	for _, network := range []string{"udp", "tcp"} {
		server := &dns.Server{Addr: ":53", Net: network, Handler: handler}
		go func() { failed <- server.ListenAndServe() }()
	}
	isReady.Store(true)
	log.Printf("serving %s", clusterZone)
	return <-failed
}

func probe(isGood func() bool) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		if !isGood() {
			writer.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}

func answer(local *zone, upstreams *dns.ClientConfig, writer dns.ResponseWriter, query *dns.Msg) {
	if len(query.Question) != 1 {
		reply := new(dns.Msg)
		_ = writer.WriteMsg(reply.SetRcode(query, dns.RcodeFormatError))
		return
	}
	question := query.Question[0]
	records, isKnown, isOurs := local.resolve(strings.ToLower(question.Name), question.Qtype)
	if !isOurs {
		_ = writer.WriteMsg(forward(upstreams, query, writer.RemoteAddr().Network()))
		return
	}
	reply := new(dns.Msg).SetReply(query)
	reply.Authoritative, reply.RecursionAvailable = true, true
	reply.Answer = records
	if !isKnown {
		reply.Rcode = dns.RcodeNameError
	}
	if len(records) == 0 {
		reply.Ns = []dns.RR{&dns.SOA{
			Hdr: dns.RR_Header{Name: clusterZone, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: answerTTL},
			Ns:  "ns.dns." + clusterZone, Mbox: "hostmaster." + clusterZone,
			Serial: 1, Refresh: 7200, Retry: 1800, Expire: 86400, Minttl: answerTTL,
		}}
	}
	size := dns.MinMsgSize
	if options := query.IsEdns0(); options != nil {
		size = int(options.UDPSize())
	}
	if writer.RemoteAddr().Network() == "udp" && reply.Len() > size {
		reply.Answer, reply.Truncated = nil, true
	}
	_ = writer.WriteMsg(reply)
}

func forward(upstreams *dns.ClientConfig, query *dns.Msg, network string) *dns.Msg {
	client := &dns.Client{Net: network, Timeout: forwardTimeout}
	for _, server := range upstreams.Servers {
		reply, _, err := client.Exchange(query, net.JoinHostPort(server, upstreams.Port))
		if err == nil {
			return reply
		}
	}
	return new(dns.Msg).SetRcode(query, dns.RcodeServerFailure)
}

// resolve answers records, whether the name exists at all, and whether it is this zone's business.
func (z *zone) resolve(name string, kind uint16) (records []dns.RR, isKnown, isOurs bool) {
	if strings.HasSuffix(name, ".in-addr.arpa.") {
		records = z.reverse(name, kind)
		return records, true, len(records) > 0
	}
	if name != clusterZone && !strings.HasSuffix(name, "."+clusterZone) {
		return nil, false, false
	}
	words := strings.Split(strings.TrimSuffix(strings.TrimSuffix(name, clusterZone), "."), ".")
	count := len(words)
	switch {
	case count == 3 && words[2] == "pod":
		address := net.ParseIP(strings.ReplaceAll(words[0], "-", "."))
		return addressRecords(name, kind, []net.IP{address}), address != nil, true
	case count < 3 || words[count-1] != "svc":
		// Parts of names that exist are known, though empty.
		return nil, count < 3 && (words[count-1] == "" || words[count-1] == "svc" || words[count-1] == "pod"), true
	}
	service, err := z.services.Services(words[count-2]).Get(words[count-3])
	if err != nil {
		return nil, false, true
	}
	records, isKnown = z.ofService(name, kind, service, words[:count-3])
	return records, isKnown, true
}

// ofService answers for a service's own name (no prefix), one of its endpoints' host names, or a port ("_port", "_protocol").
func (z *zone) ofService(name string, kind uint16, service *corev1.Service, prefix []string) ([]dns.RR, bool) {
	if service.Spec.Type == corev1.ServiceTypeExternalName {
		header := dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: answerTTL}
		return []dns.RR{&dns.CNAME{Hdr: header, Target: dns.Fqdn(service.Spec.ExternalName)}}, len(prefix) == 0
	}
	if len(prefix) == 2 && strings.HasPrefix(prefix[0], "_") && strings.HasPrefix(prefix[1], "_") {
		return servicePorts(name, kind, service, prefix)
	}
	isHeadless := service.Spec.ClusterIP == corev1.ClusterIPNone
	if len(prefix) == 0 && !isHeadless {
		return addressRecords(name, kind, []net.IP{net.ParseIP(service.Spec.ClusterIP)}), true
	}
	if !isHeadless || len(prefix) > 1 {
		return nil, false
	}
	addresses := z.endpointAddresses(service, prefix)
	return addressRecords(name, kind, addresses), len(prefix) == 0 || len(addresses) > 0
}

func (z *zone) endpointAddresses(service *corev1.Service, prefix []string) []net.IP {
	endpoints, err := z.endpoints.Endpoints(service.Namespace).Get(service.Name)
	if err != nil {
		return nil
	}
	var found []net.IP
	for _, subset := range endpoints.Subsets {
		candidates := subset.Addresses
		if service.Spec.PublishNotReadyAddresses {
			candidates = append(append([]corev1.EndpointAddress{}, candidates...), subset.NotReadyAddresses...)
		}
		for _, address := range candidates {
			if len(prefix) == 0 || prefix[0] == hostLabel(address) {
				found = append(found, net.ParseIP(address.IP))
			}
		}
	}
	return found
}

func hostLabel(address corev1.EndpointAddress) string {
	if address.Hostname != "" {
		return strings.ToLower(address.Hostname)
	}
	return strings.ReplaceAll(address.IP, ".", "-")
}

func servicePorts(name string, kind uint16, service *corev1.Service, prefix []string) ([]dns.RR, bool) {
	target := fmt.Sprintf("%s.%s.svc.%s", service.Name, service.Namespace, clusterZone)
	for _, port := range service.Spec.Ports {
		if "_"+port.Name != prefix[0] || "_"+strings.ToLower(string(port.Protocol)) != prefix[1] {
			continue
		}
		if kind != dns.TypeSRV && kind != dns.TypeANY {
			return nil, true
		}
		header := dns.RR_Header{Name: name, Rrtype: dns.TypeSRV, Class: dns.ClassINET, Ttl: answerTTL}
		return []dns.RR{&dns.SRV{Hdr: header, Weight: 100, Port: uint16(port.Port), Target: target}}, true
	}
	return nil, false
}

func addressRecords(name string, kind uint16, addresses []net.IP) []dns.RR {
	if kind != dns.TypeA && kind != dns.TypeANY {
		return nil
	}
	var records []dns.RR
	for _, address := range addresses {
		if address.To4() == nil {
			continue
		}
		header := dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: answerTTL}
		records = append(records, &dns.A{Hdr: header, A: address})
	}
	return records
}

func (z *zone) reverse(name string, kind uint16) []dns.RR {
	if kind != dns.TypePTR && kind != dns.TypeANY {
		return nil
	}
	words := strings.Split(strings.TrimSuffix(name, ".in-addr.arpa."), ".")
	if len(words) != 4 {
		return nil
	}
	address := strings.Join([]string{words[3], words[2], words[1], words[0]}, ".")
	services, err := z.services.List(labels.Everything())
	if err != nil {
		return nil
	}
	for _, service := range services {
		if service.Spec.ClusterIP == address {
			target := fmt.Sprintf("%s.%s.svc.%s", service.Name, service.Namespace, clusterZone)
			header := dns.RR_Header{Name: name, Rrtype: dns.TypePTR, Class: dns.ClassINET, Ttl: answerTTL}
			return []dns.RR{&dns.PTR{Hdr: header, Ptr: target}}
		}
	}
	return nil
}
