package connections

import (
	"encoding/json"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"market40/payments/banks"
)

// ProviderName is a provider's word in /webhooks/{provider}/….
type ProviderName string

// Schema lists the providers for OpenAPI. ConnectionOrder refuses an unknown one, together with all
// other errors.
func (ProviderName) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Extensions: map[string]any{"enum": banks.ProviderNames()}}
}

// SecretFields are a connection's secrets as an operator enters them: the fields of its provider.
type SecretFields struct{ json.RawMessage }

// Schema lists the fields of each provider for OpenAPI. The provider checks them.
func (SecretFields) Schema(huma.Registry) *huma.Schema {
	var forms []*huma.Schema
	for _, name := range banks.ProviderNames() {
		provider, _ := banks.FindProvider(name)
		for _, fields := range provider.SecretForms() {
			forms = append(forms, secretForm(name, fields))
		}
	}
	return &huma.Schema{Extensions: map[string]any{"type": huma.TypeObject, "oneOf": forms}}
}

func secretForm(provider string, fields []string) *huma.Schema {
	form := &huma.Schema{
		Type: huma.TypeObject, Title: provider, Properties: map[string]*huma.Schema{},
		Required: slices.Clone(fields), AdditionalProperties: false,
	}
	for _, field := range fields {
		form.Properties[field] = &huma.Schema{Type: huma.TypeString}
	}
	if slices.Contains(fields, "allow_ips") {
		form.Properties["auth"].Enum = []any{"none"}
		form.Properties["allow_ips"] = &huma.Schema{
			Description: "addresses and networks, none wider than /24 (IPv6: /56); a second person approves",
			AnyOf: []*huma.Schema{
				{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}},
				{Type: huma.TypeString},
			},
		}
	}
	return form
}
