package web

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"market40/merchants/platform/problem"
)

// answerOptions write JSON as encoding/json does, with one exception: a list or a map that is nil is
// empty and never null. OpenAPI says so.
var answerOptions = jsonv2.JoinOptions(jsonv1.DefaultOptionsV1(), jsontext.EscapeForHTML(false),
	jsonv2.FormatNilSliceAsNull(false), jsonv2.FormatNilMapAsNull(false))

// jsonFormat is how huma reads and writes JSON.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		if err := jsonv2.MarshalWrite(w, v, answerOptions); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return err
	},
	Unmarshal: json.Unmarshal,
}

// refusal is how OpenAPI describes the problems of one status.
type refusal struct{ name, about, code string }

// refusals are the answers that any operation may give instead of its own. Each is described once.
var refusals = map[int]refusal{
	400: {"Unreadable", "The body could not be read.", "unreadable"},
	401: {"Unauthorized", "There is no valid key or session.", "sign_in"},
	403: {"Forbidden", "The caller's role or scope does not allow this.", "not_allowed"},
	404: {"NotFound", "Nothing has this id, or it is outside the caller's scope.", "not_found"},
	405: {"MethodNotAllowed", "The path does not support this method.", "method_not_allowed"},
	409: {
		"Conflict", "The present state does not allow this, or the Idempotency-Key was used with another body.",
		"idempotency_key_reused",
	},
	410: {"Gone", "It was revoked, used or has expired.", "revoked"},
	413: {"TooLarge", "The body is too large.", "too_large"},
	415: {"UnsupportedMediaType", "This content type is not read here.", "unsupported_media_type"},
	422: {"Invalid", "The input was read and is wrong. `errors` names each field.", "invalid_input"},
	429: {"TooManyRequests", "Too many requests. Try again after Retry-After seconds.", "too_many"},
	500: {"InternalError", "The server failed. The request may be tried again.", "internal"},
	503: {"Unavailable", "The database is away or busy. Try again after Retry-After seconds.", "unavailable"},
}

// Names of what OpenAPI describes once and operations refer to.
const (
	idempotencyKey = "Idempotency-Key"
	replayed       = "Idempotency-Replayed"
	retryAfter     = "Retry-After"
	rateLimit      = "RateLimit"
)

// describeOnce adds to OpenAPI what many operations share.
func describeOnce(api *huma.OpenAPI) {
	c := api.Components
	if c.Responses != nil {
		return
	}
	body := c.Schemas.Schema(reflect.TypeFor[problem.Body](), true, "")
	longest := maxKeyLength
	c.Parameters = map[string]*huma.Param{idempotencyKey: {
		Name: idempotencyKey, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &longest},
		Description: "Any text that is new for this request, such as a UUID. The same key and body get the first " +
			"answer again, so that a request can be repeated safely. Another body is refused (409).",
	}}
	c.Headers = map[string]*huma.Header{
		replayed: {
			Description: "The answer of an earlier request with this Idempotency-Key.",
			Schema:      &huma.Schema{Type: huma.TypeString, Enum: []any{"true"}},
		},
		retryAfter: {Description: "Seconds to wait.", Schema: &huma.Schema{Type: huma.TypeInteger}},
		rateLimit: {
			Description: "What is left of the limit, and in how many seconds there is more.",
			Schema:      &huma.Schema{Type: huma.TypeString, Examples: []any{`"caller";r=5900;t=1`}},
		},
	}
	c.Responses = map[string]*huma.Response{}
	for status, r := range refusals {
		example := problem.New(problem.Kind(status), r.code, "", r.about).In(true)
		if status == http.StatusUnprocessableEntity {
			example = problem.InFields(problem.Required("name"), problem.AmountForm("amount")).In(true)
		}
		response := &huma.Response{
			Description: r.about,
			Content:     map[string]*huma.MediaType{problem.MediaType: {Schema: body, Example: example}},
		}
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			response.Headers = map[string]*huma.Header{retryAfter: {Ref: "#/components/headers/" + retryAfter}}
		}
		if status == http.StatusTooManyRequests {
			response.Headers[rateLimit] = &huma.Header{Ref: "#/components/headers/" + rateLimit}
		}
		c.Responses[r.name] = response
	}
}

// describe completes an operation when it is added to OpenAPI: the refusals that can come, and the
// Idempotency-Key. Operation.Errors names further statuses.
func describe(api *huma.OpenAPI, op *huma.Operation) {
	// The body has been read by then (readOnce). Huma's own deadline of five seconds would stay on
	// the connection, and end the context of every request that lasts longer, and of all that come
	// after it on the same connection.
	op.BodyReadTimeout = -1
	describeOnce(api)
	delete(op.Responses, "default")
	for _, p := range op.Parameters {
		if p.Schema != nil {
			p.Schema.Nullable = false
		}
	}
	for status, response := range op.Responses {
		for _, content := range response.Content {
			if content.Schema != nil && content.Schema.Type == huma.TypeArray {
				content.Schema.Nullable = false
			}
		}
		if code, _ := strconv.Atoi(status); code < http.StatusMultipleChoices && honoursKey(op) {
			if response.Headers == nil {
				response.Headers = map[string]*huma.Header{}
			}
			response.Headers[replayed] = &huma.Header{Ref: "#/components/headers/" + replayed}
		}
	}
	if honoursKey(op) {
		op.Parameters = append(op.Parameters, &huma.Param{Ref: "#/components/parameters/" + idempotencyKey})
	}
	for _, status := range append(possibleRefusals(op), op.Errors...) {
		described := op.Responses[strconv.Itoa(status)]
		if described == nil || described.Description == http.StatusText(status) {
			op.Responses[strconv.Itoa(status)] = &huma.Response{
				Ref: "#/components/responses/" + refusals[status].name,
			}
		}
	}
}

// isOpen reports whether an operation needs no key and no session.
func isOpen(op *huma.Operation) bool {
	return slices.ContainsFunc(op.Security, func(s map[string][]string) bool { return len(s) == 0 })
}

// honoursKey reports whether an operation honours an Idempotency-Key: see idempotency.handle.
func honoursKey(op *huma.Operation) bool {
	return op.Method == http.MethodPost && strings.HasPrefix(op.Path, "/api/") && !isOpen(op)
}

// possibleRefusals returns the statuses of the problems that an operation may answer, by its form.
func possibleRefusals(op *huma.Operation) []int {
	if !strings.HasPrefix(op.Path, "/api/") {
		return nil
	}
	all := []int{401, 429, 500, 503}
	if !isOpen(op) || op.Method != http.MethodGet { // a browser proves that a page of ours sends it
		all = append(all, 403)
	}
	if len(op.Parameters) > 0 || op.RequestBody != nil { // which may hold an id
		all = append(all, 404, 409, 422)
	} else if op.Method != http.MethodGet {
		all = append(all, 409)
	}
	if op.RequestBody != nil {
		all = append(all, 400, 413, 415)
	}
	return all
}

// OpenAPI returns the document that is published: schemas say what answers really hold. What huma
// validates requests with is not changed.
func (e *Edge) OpenAPI() *huma.OpenAPI {
	api, components := *e.API.OpenAPI(), *e.API.OpenAPI().Components
	schemas := published{components.Schemas, map[string]*huma.Schema{}}
	requested := requestedSchemas(&api)
	for name, schema := range components.Schemas.Map() {
		if schema.Type == huma.TypeObject {
			schema = publish(schema, components.Schemas.TypeFromRef(schemaPrefix+name))
			if !requested[name] {
				schema.AdditionalProperties = nil // a later version may answer more fields
			}
		}
		schemas.all[name] = schema
	}
	components.Schemas = schemas
	api.Components = &components
	return &api
}

const schemaPrefix = "#/components/schemas/"

// published are the schemas of the document.
type published struct {
	huma.Registry
	all map[string]*huma.Schema
}

func (p published) Map() map[string]*huma.Schema { return p.all }

func (p published) SchemaFromRef(ref string) *huma.Schema {
	return p.all[strings.TrimPrefix(ref, schemaPrefix)]
}

// MarshalJSON writes the schemas by name.
func (p published) MarshalJSON() ([]byte, error) { return json.Marshal(p.all) }

// publish returns a copy of a struct's schema. Lists are never null there. What a pointer refers to
// may be null, unless its field is left out then.
func publish(schema *huma.Schema, t reflect.Type) *huma.Schema {
	published := *schema
	published.Properties = make(map[string]*huma.Schema, len(schema.Properties))
	for name, property := range schema.Properties {
		published.Properties[name] = notNullList(property)
	}
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		property := published.Properties[name]
		if property == nil || field.Type.Kind() != reflect.Pointer || strings.Contains(options, "omit") ||
			field.Tag.Get("nullable") == "false" {
			continue
		}
		may := *property
		if may.Ref != "" {
			may = huma.Schema{
				Description: may.Description,
				AnyOf:       []*huma.Schema{{Ref: property.Ref}, {Type: "null"}},
			}
		} else if may.Type != "" {
			may.Nullable = true
		}
		if len(may.Enum) > 0 {
			may.Enum = append(slices.Clone(may.Enum), nil)
		}
		published.Properties[name] = &may
	}
	return &published
}

// notNullList returns a schema with lists, and lists in lists, that are never null.
func notNullList(s *huma.Schema) *huma.Schema {
	changed := *s
	switch {
	case s.Type == huma.TypeArray:
		changed.Nullable = false
		if s.Items != nil {
			changed.Items = notNullList(s.Items)
		}
	case s.Type == huma.TypeObject:
		if values, is := s.AdditionalProperties.(*huma.Schema); is {
			changed.AdditionalProperties = notNullList(values)
		}
	default:
		return s
	}
	return &changed
}

// requestedSchemas returns the names of the schemas that requests hold.
func requestedSchemas(api *huma.OpenAPI) map[string]bool {
	found := map[string]bool{}
	var look func(s *huma.Schema)
	look = func(s *huma.Schema) {
		if s == nil {
			return
		}
		if s.Ref != "" {
			name := strings.TrimPrefix(s.Ref, schemaPrefix)
			if !found[name] {
				found[name] = true
				look(api.Components.Schemas.SchemaFromRef(s.Ref))
			}
			return
		}
		look(s.Items)
		if values, is := s.AdditionalProperties.(*huma.Schema); is {
			look(values)
		}
		for _, property := range s.Properties {
			look(property)
		}
		for _, one := range slices.Concat(s.OneOf, s.AnyOf, s.AllOf) {
			look(one)
		}
	}
	for _, op := range Operations(api) {
		if op.RequestBody != nil {
			for _, content := range op.RequestBody.Content {
				look(content.Schema)
			}
		}
	}
	return found
}

// Operations returns all operations of a document, by path and method.
func Operations(api *huma.OpenAPI) []*huma.Operation {
	var all []*huma.Operation
	for _, item := range api.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	slices.SortFunc(all, func(a, b *huma.Operation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return all
}

// documentRoutes mounts the document for programs. It is written once, at the first request.
func (e *Edge) documentRoutes() {
	serve := func(path, media string, write func(*huma.OpenAPI) ([]byte, error)) {
		text := sync.OnceValues(func() ([]byte, error) { return write(e.OpenAPI()) })
		e.Engine.GET(path, problem.Handle(func(c *gin.Context) error {
			document, err := text()
			if err != nil {
				return err
			}
			c.Data(http.StatusOK, media, document)
			return nil
		}))
	}
	serve("/openapi.json", "application/openapi+json", (*huma.OpenAPI).MarshalJSON)
	serve("/openapi.yaml", "application/openapi+yaml", (*huma.OpenAPI).YAML)
}
