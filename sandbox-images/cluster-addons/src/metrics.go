package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

const metricsPath = "/apis/metrics.k8s.io/v1beta1"

// The part that is used of a kubelet's summary: https://pkg.go.dev/k8s.io/kubelet/pkg/apis/stats/v1alpha1#Summary
type summary struct {
	Node usage `json:"node"`
	Pods []struct {
		Ref        struct{ Name, Namespace string } `json:"podRef"`
		Containers []usage                          `json:"containers"`
	} `json:"pods"`
}

type usage struct {
	Name string `json:"name"`
	CPU  struct {
		Time      metav1.Time `json:"time"`
		NanoCores uint64      `json:"usageNanoCores"`
	} `json:"cpu"`
	Memory struct {
		WorkingSetBytes uint64 `json:"workingSetBytes"`
	} `json:"memory"`
}

// serveMetrics answers the resource metrics API, which the API server passes on to it, from the kubelets' own figures of this moment.
func serveMetrics(client kubernetes.Interface) error {
	certificate, err := selfSigned()
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:              ":4443",
		Handler:           &metricsAPI{client},
		ReadHeaderTimeout: 10 * time.Second,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	return server.ListenAndServeTLS("", "")
}

type metricsAPI struct{ client kubernetes.Interface }

func (a *metricsAPI) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	words := strings.Split(strings.Trim(strings.TrimPrefix(request.URL.Path, metricsPath), "/"), "/")
	selector, err := labels.Parse(request.URL.Query().Get("labelSelector"))
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	body, err := a.answer(request.Context(), words, selector)
	if err == nil && body == nil {
		http.NotFound(writer, request)
		return
	}
	if err != nil {
		http.Error(writer, err.Error(), http.StatusInternalServerError)
		return
	}
	writer.Header().Set("content-type", "application/json")
	_ = json.NewEncoder(writer).Encode(body)
}

func (a *metricsAPI) answer(ctx context.Context, words []string, selector labels.Selector) (interface{}, error) {
	switch {
	case len(words) == 1 && words[0] == "":
		return resourceList(), nil
	case words[0] == "nodes" && len(words) <= 2:
		list, err := a.nodes(ctx, selector)
		if err != nil || len(words) == 1 {
			return list, err
		}
		for index := range list.Items {
			if list.Items[index].Name == words[1] {
				return &list.Items[index], nil
			}
		}
	case words[0] == "pods" && len(words) == 1:
		return a.pods(ctx, metav1.NamespaceAll, selector)
	case words[0] == "namespaces" && len(words) >= 3 && len(words) <= 4 && words[2] == "pods":
		list, err := a.pods(ctx, words[1], selector)
		if err != nil || len(words) == 3 {
			return list, err
		}
		for index := range list.Items {
			if list.Items[index].Name == words[3] {
				return &list.Items[index], nil
			}
		}
	}
	return nil, nil
}

func resourceList() *metav1.APIResourceList {
	verbs := metav1.Verbs{"get", "list"}
	return &metav1.APIResourceList{
		TypeMeta:     metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"},
		GroupVersion: metricsv1beta1.SchemeGroupVersion.String(),
		APIResources: []metav1.APIResource{
			{Name: "nodes", SingularName: "", Kind: "NodeMetrics", Verbs: verbs},
			{Name: "pods", SingularName: "", Kind: "PodMetrics", Namespaced: true, Verbs: verbs},
		},
	}
}

func (a *metricsAPI) nodes(ctx context.Context, selector labels.Selector) (*metricsv1beta1.NodeMetricsList, error) {
	nodes, err := a.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: selector.String()})
	if err != nil {
		return nil, err
	}
	list := &metricsv1beta1.NodeMetricsList{TypeMeta: typeMeta("NodeMetricsList"), Items: []metricsv1beta1.NodeMetrics{}}
	for _, node := range nodes.Items {
		// A node that does not answer has no figures, which is what is to be seen.
		read, err := a.summaryOf(ctx, node.Name)
		if err != nil {
			continue
		}
		list.Items = append(list.Items, metricsv1beta1.NodeMetrics{
			TypeMeta: typeMeta("NodeMetrics"), ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: node.Labels},
			Timestamp: read.Node.CPU.Time, Window: metav1.Duration{Duration: 10 * time.Second}, Usage: amounts(read.Node),
		})
	}
	return list, nil
}

func (a *metricsAPI) pods(ctx context.Context, namespace string, selector labels.Selector) (*metricsv1beta1.PodMetricsList, error) {
	pods, err := a.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector.String()})
	if err != nil {
		return nil, err
	}
	summaries := map[string]*summary{}
	list := &metricsv1beta1.PodMetricsList{TypeMeta: typeMeta("PodMetricsList"), Items: []metricsv1beta1.PodMetrics{}}
	for _, pod := range pods.Items {
		if pod.Status.Phase != corev1.PodRunning {
			continue
		}
		if _, isRead := summaries[pod.Spec.NodeName]; !isRead {
			summaries[pod.Spec.NodeName], _ = a.summaryOf(ctx, pod.Spec.NodeName)
		}
		if containers, at := containersOf(summaries[pod.Spec.NodeName], pod); len(containers) > 0 {
			list.Items = append(list.Items, metricsv1beta1.PodMetrics{
				TypeMeta: typeMeta("PodMetrics"), ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace, Labels: pod.Labels},
				Timestamp: at, Window: metav1.Duration{Duration: 10 * time.Second}, Containers: containers,
			})
		}
	}
	return list, nil
}

func containersOf(read *summary, pod corev1.Pod) ([]metricsv1beta1.ContainerMetrics, metav1.Time) {
	if read == nil {
		return nil, metav1.Time{}
	}
	var containers []metricsv1beta1.ContainerMetrics
	var at metav1.Time
	for _, candidate := range read.Pods {
		if candidate.Ref.Name != pod.Name || candidate.Ref.Namespace != pod.Namespace {
			continue
		}
		for _, container := range candidate.Containers {
			containers = append(containers, metricsv1beta1.ContainerMetrics{Name: container.Name, Usage: amounts(container)})
			at = container.CPU.Time
		}
	}
	return containers, at
}

func (a *metricsAPI) summaryOf(ctx context.Context, node string) (*summary, error) {
	raw, err := a.client.CoreV1().RESTClient().Get().AbsPath("/api/v1/nodes", node, "proxy/stats/summary").DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	read := &summary{}
	return read, json.Unmarshal(raw, read)
}

func amounts(used usage) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewScaledQuantity(int64(used.CPU.NanoCores), resource.Nano),
		corev1.ResourceMemory: *resource.NewQuantity(int64(used.Memory.WorkingSetBytes), resource.BinarySI),
	}
}

func typeMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{Kind: kind, APIVersion: metricsv1beta1.SchemeGroupVersion.String()}
}

// The API server is told not to verify it: the two talk inside one cluster of one person.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
