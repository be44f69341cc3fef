// Package kubernetes has the server answer reviews that are made, and answers
// that are checked, by the code of Kubernetes's API server itself. It is a module
// of its own, so that the core keeps no dependencies.
package kubernetes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/request"

	"github.com/policy-tasks/policy-tasks/go-core/engine"
	"github.com/policy-tasks/policy-tasks/go-core/server"
)

// policy is a policy made of a function of the pod that is reviewed.
type policy struct {
	name    string
	execute func(pod map[string]any) (any, error)
}

func (p *policy) Name() string { return p.name }

func (p *policy) Validate() error { return nil }

func (p *policy) Execute(_ context.Context, input any) (any, error) {
	review, _ := input.(map[string]any)["request"].(map[string]any)
	pod, _ := review["object"].(map[string]any)
	return p.execute(pod)
}

// labelled allows pods that have labels.
func labelled(pod map[string]any) (any, error) {
	metadata, _ := pod["metadata"].(map[string]any)
	if labels, _ := metadata["labels"].(map[string]any); len(labels) > 0 {
		return true, nil
	}
	return map[string]any{"allowed": false, "message": "a pod needs a label", "code": 422, "reason": "Invalid"}, nil
}

// labelling gives pods a label.
func labelling(map[string]any) (any, error) {
	return map[string]any{
		"allowed": true, "warnings": []string{"a label was added"}, "auditAnnotations": map[string]string{"by": "labelling"},
		"patch": []any{map[string]any{"op": "add", "path": "/metadata/labels", "value": map[string]any{"team": "a"}}},
	}, nil
}

func start(t *testing.T) *httptest.Server {
	t.Helper()
	e, err := engine.New([]engine.Policy{
		&policy{"labelled", labelled},
		&policy{"labelling", labelling},
		&policy{"error", func(map[string]any) (any, error) { return true, errors.New("no") }},
		&policy{"panic", func(map[string]any) (any, error) { panic("boom") }},
		&policy{"hang", func(map[string]any) (any, error) { select {} }},
		&policy{"number", func(map[string]any) (any, error) { return 1, nil }},
		&policy{"code", func(map[string]any) (any, error) {
			return map[string]any{"allowed": false, "code": uint32(1 << 31)}, nil
		}},
	}, engine.Options{Timeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(server.New(e, server.Options{}))
	t.Cleanup(s.Close)
	return s
}

// review sends a review of the pod as the API server does, and returns what that
// makes of the answer.
func review(t *testing.T, s *httptest.Server, policy string, mutating bool, pod *corev1.Pod) *request.AdmissionResponse {
	t.Helper()
	const uid = types.UID("705ab4f5-6393-11e8-b7cc-42010a800002")
	object, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(&admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: uid, Kind: metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}, Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
			Name: pod.Name, Namespace: pod.Namespace, Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: object},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(s.URL+"/v1/policies/"+policy+"/kubernetes?timeout=10s", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %s, %v", answer.StatusCode, text, err)
	}
	got, err := request.VerifyAdmissionResponse(uid, mutating, decode(t, text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return got
}

// decode reads an answer, in which nothing may be unknown.
func decode(t *testing.T, text []byte) runtime.Object {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := admissionv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	strict := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	object, _, err := strict.Decode(text, nil, nil)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return object
}

func pod(labels map[string]string) *corev1.Pod {
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default", Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}},
	}
}

// A validating webhook allows, or denies with a message and a code.
func TestValidating(t *testing.T) {
	s := start(t)
	if got := review(t, s, "labelled", false, pod(map[string]string{"a": "b"})); !got.Allowed || got.Result != nil {
		t.Errorf("with a label: %+v", got)
	}
	got := review(t, s, "labelled", false, pod(nil))
	if got.Allowed || got.Result == nil || got.Result.Message != "a pod needs a label" || got.Result.Code != 422 || got.Result.Reason != metav1.StatusReasonInvalid {
		t.Errorf("without: %+v", got)
	}
}

// A mutating webhook's patch is one that the API server can apply.
func TestMutating(t *testing.T) {
	got := review(t, start(t), "labelling", true, pod(nil))
	if !got.Allowed || got.PatchType != admissionv1.PatchTypeJSONPatch || len(got.Warnings) != 1 || got.AuditAnnotations["by"] != "labelling" {
		t.Fatalf("%+v", got)
	}
	patch, err := jsonpatch.DecodePatch(got.Patch)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := json.Marshal(pod(nil))
	after, err := patch.Apply(before)
	if err != nil {
		t.Fatal(err)
	}
	var patched corev1.Pod
	if err := json.Unmarshal(after, &patched); err != nil || patched.Labels["team"] != "a" {
		t.Errorf("patched: %s, %v", after, err)
	}
}

// Whatever fails is an answer that the API server takes for a denial, and not an
// error that a failure policy could ignore.
func TestFailing(t *testing.T) {
	s := start(t)
	for _, policy := range []string{"error", "panic", "hang", "number", "code", "nobody"} {
		got := review(t, s, policy, false, pod(nil))
		if got.Allowed || got.Result == nil || got.Result.Message == "" {
			t.Errorf("%s: %+v", policy, got)
		}
	}
}
