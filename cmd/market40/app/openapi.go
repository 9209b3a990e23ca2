package app

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/platform/web"
)

// apiVersion is the version of the API, which openapi.md explains. The version of the program is
// another one.
const apiVersion = "1.0.0"

// apiAbout is what OpenAPI and /docs say about the whole API, in paragraphs.
//
//go:embed openapi.md
var apiAbout string

// examples are bodies by the operation that accepts them. A test sends each to the program.
//
//go:embed examples.json
var examples []byte

// tags are the sections of OpenAPI and /docs.
var tags = []*huma.Tag{
	{Name: "register", Description: "Markets, stalls, merchants, accounts and printed codes."},
	{
		Name:        "payments",
		Description: "What stalls were paid, the bank connections that report it, and cases for people.",
	},
	{Name: "webhooks", Description: "What banks and wallets call."},
	{Name: "orders", Description: "Codes for one purchase, with the amount inside."},
	{Name: "shoppers", Description: "What anybody may call who sees a printed code."},
	{Name: "soundboxes", Description: "Loudspeakers at stalls."},
	{Name: "stall people", Description: "How merchants and their staff come in: invitations, phones, PINs, devices."},
	{Name: "revenue book", Description: "A merchant's own book of turnover."},
	{Name: "privacy", Description: "People's own data: consent, requests, export, erasure."},
	{Name: "reports", Description: "Indicators by locality and market, with evidence and coverage."},
	{Name: "periodic reports", Description: "Reports of months and quarters: frozen, signed, corrected."},
	{Name: "programme", Description: "Campaigns, pilot markets and targets."},
	{Name: "field", Description: "What people see at the market: visits, trainings, surveys, incidents, fees, costs."},
	{Name: "sign-in", Description: "Sessions of people. Programs use API keys."},
	{Name: "users", Description: "Users and API keys."},
	{Name: "audit", Description: "Who did and read what."},
	{Name: "operation", Description: "What operators watch."},
}

// describeAPI adds what OpenAPI says about the whole, and the examples. Every route must be mounted
// by then.
func describeAPI(e *web.Edge) error {
	api := e.API.OpenAPI()
	api.Info.Description = apiAbout
	api.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	api.Tags = tags
	var bodies map[string]json.RawMessage
	if err := json.Unmarshal(examples, &bodies); err != nil {
		return fmt.Errorf("reading the examples of OpenAPI: %w", err)
	}
	for _, op := range web.Operations(api) {
		if body, found := bodies[op.OperationID]; found && op.RequestBody != nil {
			op.RequestBody.Content["application/json"].Example = body
		}
	}
	return nil
}
