package webtest

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pb33f/jsonschema/v6"
)

// Document is an OpenAPI document that answers are compared with.
type Document struct {
	paths    []describedPath
	root     map[string]any
	mu       sync.Mutex // guards what follows
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema // by their place in the document
}

// describedPath is a path of the document, and what matches it.
type describedPath struct {
	template string
	match    *regexp.Regexp
}

const documentURL = "openapi.json"

// ReadDocument reads an OpenAPI document. Objects with properties may then hold nothing else: an
// answer with a field that is not described is a mistake, though clients must accept it.
func ReadDocument(text []byte) (*Document, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read OpenAPI: %w", err)
	}
	d := &Document{schemas: map[string]*jsonschema.Schema{}, compiler: jsonschema.NewCompiler()}
	d.root, _ = parsed.(map[string]any)
	for _, schema := range member(member(d.root, "components"), "schemas") {
		if s, is := schema.(map[string]any); is && s["properties"] != nil && s["additionalProperties"] == nil {
			s["additionalProperties"] = false
		}
	}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(documentURL, parsed); err != nil {
		return nil, fmt.Errorf("read the schemas of OpenAPI: %w", err)
	}
	for path := range member(d.root, "paths") {
		d.paths = append(d.paths, describedPath{path, matcher(path)})
	}
	// Literal words come before parameters, and "{version}.pdf" before "{version}".
	order := func(p describedPath) string { return strings.ReplaceAll(p.template, "{", "~") + "\xff" }
	slices.SortFunc(d.paths, func(a, b describedPath) int { return strings.Compare(order(a), order(b)) })
	return d, nil
}

var parameter = regexp.MustCompile(`\\\{[^/]*?\\\}`)

// matcher returns what matches the paths of a template. A parameter before an ending has no dot.
func matcher(template string) *regexp.Regexp {
	pattern := parameter.ReplaceAllStringFunc(regexp.QuoteMeta(template), func(string) string { return `([^/]+?)` })
	return regexp.MustCompile("^" + pattern + "$")
}

func member(o map[string]any, name string) map[string]any {
	m, _ := o[name].(map[string]any)
	return m
}

// Check compares an answer to a request with the document: its status, its media type and, if it is
// JSON, its fields.
func (d *Document) Check(method, path string, status int, header http.Header, body []byte) error {
	template := d.find(path)
	operation := member(member(member(d.root, "paths"), template), strings.ToLower(method))
	if operation == nil {
		return nil // a page, or a path that does not exist
	}
	place := "/paths/" + escape(template) + "/" + strings.ToLower(method) + "/responses/" + strconv.Itoa(status)
	response := member(member(operation, "responses"), strconv.Itoa(status))
	if response == nil {
		return fmt.Errorf("OpenAPI has no status %d for %s %s", status, method, template)
	}
	if ref, is := response["$ref"].(string); is {
		place = strings.TrimPrefix(ref, "#")
		response = member(member(member(d.root, "components"), "responses"), ref[strings.LastIndex(ref, "/")+1:])
	}
	content := member(response, "content")
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if content == nil {
		return nil
	}
	if member(content, media) == nil {
		return fmt.Errorf("OpenAPI has no %q for the status %d of %s %s", media, status, method, template)
	}
	if !strings.HasSuffix(media, "json") || member(content, media)["schema"] == nil {
		return nil
	}
	return d.validate(place+"/content/"+escape(media)+"/schema", body)
}

// find returns the template of a path: the first that matches.
func (d *Document) find(path string) string {
	path, _, _ = strings.Cut(path, "?")
	for _, p := range d.paths {
		if p.match.MatchString(path) {
			return p.template
		}
	}
	return ""
}

// validate compares JSON with the schema at a place.
func (d *Document) validate(place string, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the answer is no JSON: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	schema := d.schemas[place]
	if schema == nil {
		if schema, err = d.compiler.Compile(documentURL + "#" + place); err != nil {
			return fmt.Errorf("compile the schema of OpenAPI at %s: %w", place, err)
		}
		d.schemas[place] = schema
	}
	return schema.Validate(value)
}

// escape writes a name as a part of a JSON pointer in an address (RFC 6901, section 6).
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(name)
}
