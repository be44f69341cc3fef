package server

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/policy-tasks/policy-tasks/go-core/document"
)

// kubernetesFace answers reviews of Kubernetes's admission webhooks. Whatever
// fails is answered with a review that does not allow: where a webhook is
// configured to be ignored when it fails, any other answer would allow.
var kubernetesFace = face{
	input:  (*exchange).reviewInput,
	decide: (*exchange).decideReview,
	fail:   (*exchange).failReview,
}

const (
	reviewVersion = "admission.k8s.io/v1"
	reviewKind    = "AdmissionReview"
)

// A review is an AdmissionReview that answers one, with the types that Kubernetes
// has for it: an answer that it cannot read fails, and may be ignored.
type review struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Response   reviewResponse `json:"response"`
}

type reviewResponse struct {
	UID              string            `json:"uid"`
	Allowed          bool              `json:"allowed"`
	Status           *reviewStatus     `json:"status,omitempty"`
	PatchType        string            `json:"patchType,omitempty"`
	Patch            []byte            `json:"patch,omitempty"`
	Warnings         []string          `json:"warnings,omitempty"`
	AuditAnnotations map[string]string `json:"auditAnnotations,omitempty"`
}

type reviewStatus struct {
	Message string `json:"message,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Code    int32  `json:"code,omitempty"`
}

// reviewInput returns the whole review, so that a policy finds the object at
// request.object, as it is in Kubernetes's documentation.
func (x *exchange) reviewInput() (any, *problem) {
	value, wrong := x.decode()
	if wrong != nil {
		return nil, wrong
	}
	members, _ := value.(map[string]any)
	if members["apiVersion"] != reviewVersion || members["kind"] != reviewKind {
		return nil, badRequest("the body is not an " + reviewKind + " of " + reviewVersion)
	}
	request, _ := members["request"].(map[string]any)
	if x.uid, _ = request["uid"].(string); x.uid == "" {
		return nil, badRequest("the " + reviewKind + " has no request with a uid")
	}
	return value, nil
}

// decideReview makes a review from a verdict, which may have a message, a code,
// warnings, auditAnnotations, and, as a list of operations, a patch.
func (x *exchange) decideReview() error {
	v, err := x.verdict()
	if err != nil {
		return err
	}
	response := reviewResponse{UID: x.uid, Allowed: v.allowed}
	if err := v.into(&response); err != nil {
		return err
	}
	x.answerReview(response)
	return nil
}

// details are what a verdict may have for a review.
type details struct {
	Message          string            `json:"message"`
	Reason           string            `json:"reason"`
	Code             int32             `json:"code"`
	Warnings         []string          `json:"warnings"`
	AuditAnnotations map[string]string `json:"auditAnnotations"`
	Patch            []json.RawMessage `json:"patch"`
}

// into puts the details of the verdict into the response. A patch that cannot
// be read is no reason to leave it out, and to allow what was to be changed.
func (v verdict) into(response *reviewResponse) error {
	var more details
	text, err := document.Append(nil, v.details)
	if err == nil {
		err = json.Unmarshal(text, &more)
	}
	if err != nil {
		return noVerdict(err.Error())
	}
	response.Warnings, response.AuditAnnotations = more.Warnings, more.AuditAnnotations
	if !v.allowed {
		response.Status = &reviewStatus{more.Message, more.Reason, more.Code}
		if more.Code == 0 {
			response.Status.Code = http.StatusForbidden
		}
	} else if len(more.Patch) > 0 {
		response.PatchType = "JSONPatch"
		response.Patch, err = document.Encode(more.Patch)
	}
	if err != nil {
		return noVerdict(err.Error())
	}
	return nil
}

// failReview answers with a review that does not allow.
func (x *exchange) failReview(p *problem) {
	if p.close {
		x.w.Header().Set("Connection", "close")
	}
	if x.uid == "" {
		x.readStart()
		x.uid = uidOf(x.body)
	}
	x.answerReview(reviewResponse{
		UID:    x.uid,
		Status: &reviewStatus{Message: p.code + ": " + p.message, Code: int32(p.status)},
	})
}

func (x *exchange) answerReview(response reviewResponse) {
	text, err := document.Encode(review{reviewVersion, reviewKind, response})
	if err != nil { // it holds nothing but text
		panic(err)
	}
	x.status, x.out = http.StatusOK, append(text, '\n')
}

// uidOf returns the uid of the request in a review, of which the rest may be
// missing or wrong. Kubernetes writes it first.
func uidOf(body []byte) string {
	return textAt(json.NewDecoder(bytes.NewReader(document.TrimMark(body))), "request", "uid")
}

// textAt returns the text that the path leads to, or "".
func textAt(d *json.Decoder, path ...string) string {
	if len(path) == 0 {
		var text string
		_ = d.Decode(&text) // what is no text is none
		return text
	}
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return ""
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return ""
		}
		if key == path[0] {
			return textAt(d, path[1:]...)
		}
		var other json.RawMessage
		if d.Decode(&other) != nil {
			return ""
		}
	}
	return ""
}
