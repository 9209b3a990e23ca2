package merchants

import (
	"market40/merchants/platform/web"
)

// Routes mounts the routes of the register, without those of printing and imports.
func (r *Registry) Routes(e *web.Edge) {
	r.Markets.Routes(e)
	r.Stalls.Routes(e)
	r.Changes.Routes(e)
	r.Alerts.Routes(e)
	r.Codes.Routes(e)
	r.Checks.Routes(e)
}
