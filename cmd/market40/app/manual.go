package app

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// manual reads an OpenAPI document for the pages that people read.
type manual struct {
	api    *huma.OpenAPI
	server string // the address in examples
}

// section is one tag's routes.
type section struct {
	Name, Path, About string
	Routes            []route
}

// route is an operation as a page shows it.
type route struct {
	Method, Path, ID, Summary, Description string
	Open                                   bool   // needs no key
	Needs                                  string // the action that the caller's role must allow; empty: none
	Parameters                             []docField
	Body                                   *content
	Answers                                []answer
	Curl                                   string
}

// content is a body: its media type and fields.
type content struct {
	Media string
	Field docField
}

// answer is what an operation answers with one status.
type answer struct {
	Status, Name, About string
	Headers             []docField
	Content             *content
}

// docField is a member of a body, or a parameter, with the fields of what it holds.
type docField struct {
	Name, In, Type, About, Example string
	Required, Null                 bool
	Fields                         []docField
}

// sections returns all operations by their first tag, in the order of the document's tags.
func (m *manual) sections() []section {
	byTag := map[string][]route{}
	for _, op := range web.Operations(m.api) {
		byTag[op.Tags[0]] = append(byTag[op.Tags[0]], m.route(op))
	}
	all := make([]section, 0, len(byTag))
	for _, tag := range m.api.Tags {
		if routes := byTag[tag.Name]; len(routes) > 0 {
			path := "/docs/" + strings.ReplaceAll(tag.Name, " ", "-")
			all = append(all, section{tag.Name, path, tag.Description, routes})
		}
	}
	return all
}

// refusals returns the problems that are described once.
func (m *manual) refusals() []answer {
	var all []answer
	for name, response := range m.api.Components.Responses {
		media := response.Content[problem.MediaType]
		if example, is := media.Example.(*problem.Body); is {
			all = append(all, answer{
				Status: fmt.Sprint(example.Status), Name: name, About: response.Description,
				Content: &content{problem.MediaType, docField{Example: indentJSON(example)}},
			})
		}
	}
	slices.SortFunc(all, func(a, b answer) int { return strings.Compare(a.Status, b.Status) })
	return all
}

func (m *manual) route(op *huma.Operation) route {
	r := route{
		Method: op.Method, Path: op.Path, ID: op.OperationID, Summary: op.Summary, Description: op.Description,
		Open: slices.ContainsFunc(op.Security, func(s map[string][]string) bool { return len(s) == 0 }),
	}
	if rule, found := roles.RuleOf(op.Method, op.Path); found && rule.Needs != roles.Anyone {
		r.Needs = string(rule.Needs)
	}
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = m.api.Components.Parameters[lastOf(p.Ref)]
		}
		f := m.field(p.Name, p.Schema, nil)
		f.In, f.Required = p.In, p.Required
		if p.Description != "" {
			f.About = p.Description
		}
		r.Parameters = append(r.Parameters, f)
	}
	if op.RequestBody != nil {
		r.Body = m.content(op.RequestBody.Content)
	}
	for status, response := range op.Responses {
		r.Answers = append(r.Answers, m.answer(status, response))
	}
	slices.SortFunc(r.Answers, func(a, b answer) int { return strings.Compare(a.Status, b.Status) })
	r.Curl = m.curl(op, r.Open)
	return r
}

func (m *manual) answer(status string, response *huma.Response) answer {
	if response.Ref != "" {
		name := lastOf(response.Ref)
		return answer{Status: status, Name: name, About: m.api.Components.Responses[name].Description}
	}
	a := answer{Status: status, About: response.Description, Content: m.content(response.Content)}
	for name, header := range response.Headers {
		if header.Ref != "" {
			header = m.api.Components.Headers[lastOf(header.Ref)]
		}
		a.Headers = append(a.Headers, docField{Name: name, Type: m.typeName(header.Schema), About: header.Description})
	}
	slices.SortFunc(a.Headers, func(a, b docField) int { return strings.Compare(a.Name, b.Name) })
	return a
}

// content returns a body of one media type; nil: there is none.
func (m *manual) content(media map[string]*huma.MediaType) *content {
	for name, held := range media {
		c := &content{name, m.field("", held.Schema, nil)}
		if held.Example != nil {
			c.Field.Example = indentJSON(held.Example)
		}
		return c
	}
	return nil
}

// field returns a schema with its fields. Schemas that are open already (in) are only named.
func (m *manual) field(name string, s *huma.Schema, in []string) docField {
	f := docField{Name: name, Type: m.typeName(s)}
	if s == nil {
		return f
	}
	f.About, f.Null = s.Description, s.Nullable
	if len(s.AnyOf) == 2 && s.AnyOf[1].Type == "null" {
		f.Null, s = true, s.AnyOf[0]
	}
	if len(s.Examples) > 0 {
		f.Example = fmt.Sprint(s.Examples[0])
	}
	for s.Type == huma.TypeArray {
		s = s.Items
	}
	if values, is := s.AdditionalProperties.(*huma.Schema); is {
		s = values
	}
	if s.Ref != "" {
		if slices.Contains(in, s.Ref) {
			return f
		}
		in = append(in, s.Ref)
		s = m.api.Components.Schemas.SchemaFromRef(s.Ref)
	}
	for property, held := range s.Properties {
		inner := m.field(property, held, slices.Clone(in))
		inner.Required = slices.Contains(s.Required, property)
		f.Fields = append(f.Fields, inner)
	}
	for _, one := range slices.Concat(s.AnyOf, s.OneOf) {
		f.Fields = append(f.Fields, m.field(cmpTitle(one), one, slices.Clone(in)))
	}
	slices.SortFunc(f.Fields, func(a, b docField) int { return strings.Compare(a.Name, b.Name) })
	return f
}

// cmpTitle returns the name of one of several forms.
func cmpTitle(s *huma.Schema) string {
	if s.Title != "" {
		return s.Title
	}
	return "or " + lastOf(s.Ref)
}

// typeName returns a schema in a word: its type, its format, or what it lists.
func (m *manual) typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return "object"
	case len(s.AnyOf) > 0:
		return m.typeName(s.AnyOf[0])
	case s.Type == huma.TypeArray:
		return "list of " + m.typeName(s.Items)
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, word := range s.Enum {
			words[i] = fmt.Sprint(word)
		}
		return strings.Join(words, " | ")
	case s.Format != "" && s.Type == huma.TypeString:
		return s.Format
	case s.Type == "":
		return "any"
	}
	if values, is := s.AdditionalProperties.(*huma.Schema); is {
		return "object of " + m.typeName(values) + " by name"
	}
	return s.Type
}

// curl returns a command that calls an operation.
func (m *manual) curl(op *huma.Operation, open bool) string {
	line := "curl"
	if op.Method != "GET" {
		line += " -X " + op.Method
	}
	if !open {
		line += ` -H "Authorization: Bearer $KEY"`
	}
	if op.RequestBody != nil {
		for media, held := range op.RequestBody.Content {
			if media == "multipart/form-data" {
				line += " -F file=@list.xlsx"
				continue
			}
			example := held.Example
			if example == nil {
				example = m.sample(held.Schema, 0)
			}
			text, _ := json.Marshal(example)
			line += " -H 'Content-Type: application/json' -d '" + strings.ReplaceAll(string(text), "'", `'\''`) + "'"
		}
	}
	return line + " '" + m.server + op.Path + "'"
}

// maxSample is how deep objects are in a made example.
const maxSample = 4

// sample returns an example of a schema: the fields that are required.
func (m *manual) sample(s *huma.Schema, depth int) any {
	switch {
	case s == nil || depth > maxSample:
		return nil
	case s.Ref != "":
		return m.sample(m.api.Components.Schemas.SchemaFromRef(s.Ref), depth)
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.AnyOf) > 0:
		return m.sample(s.AnyOf[0], depth)
	}
	switch s.Type {
	case huma.TypeObject:
		object := map[string]any{}
		for _, name := range s.Required {
			object[name] = m.sample(s.Properties[name], depth+1)
		}
		return object
	case huma.TypeArray:
		return []any{m.sample(s.Items, depth+1)}
	case huma.TypeInteger, huma.TypeNumber:
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case huma.TypeBoolean:
		return true
	}
	switch s.Format {
	case "date":
		return "2026-11-22"
	case "date-time":
		return "2026-11-22T08:30:00+07:00"
	}
	return "…"
}

func lastOf(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// indentJSON returns a value as people read it.
func indentJSON(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}
